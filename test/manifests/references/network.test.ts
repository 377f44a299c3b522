import { type Parts, testFixtures } from './parts';

const policy = (p: Parts, name: string) => p.of('NetworkPolicy', name).spec;
const removePort = (rule: { ports: { port: number }[] }, port: number) =>
  rule.ports.splice(
    rule.ports.findIndex((each) => each.port === port),
    1,
  );

describe('networkProblems', () => {
  testFixtures([
    [
      'a policy for nobody',
      (p) => (policy(p, 'tasks-worker').podSelector.matchLabels = { a: 'b' }),
      'NetworkPolicy/tasks-worker: {"a":"b"} selects no pod',
    ],
    [
      'a rule for nobody',
      (p) => (policy(p, 'tasks-worker').egress[0].to[0].podSelector.matchLabels = { 'app.kubernetes.io/name': 'broker' }),
      'NetworkPolicy/tasks-worker: {"app.kubernetes.io/name":"broker"} selects no pod',
    ],
    [
      'a port on the way in that the pods do not have',
      (p) => (policy(p, 'tasks-broker').ingress[0].ports[0].port = 5671),
      'NetworkPolicy/tasks-broker: 5671 is no port of StatefulSet/tasks-broker',
    ],
    [
      'a port on the way out that the peers do not have',
      (p) => (policy(p, 'tasks-flower').egress[0].ports[0].port = 5671),
      'NetworkPolicy/tasks-flower: 5671 is no port of StatefulSet/tasks-broker',
    ],
    [
      'a range of ports that nobody has',
      (p) => (policy(p, 'tasks-worker').egress[0].ports[0].endPort = 5673),
      'NetworkPolicy/tasks-worker: 5672-5673 is no port of StatefulSet/tasks-broker',
    ],
    [
      'a worker that may not go out to the broker',
      (p) => p.remove('NetworkPolicy', 'tasks-worker'),
      'Deployment/tasks-worker-general: no NetworkPolicy lets it out to StatefulSet/tasks-broker on 5672',
    ],
    [
      'a broker that lets no worker in',
      (p) => policy(p, 'tasks-broker').ingress.splice(0, 1),
      'StatefulSet/tasks-broker: no NetworkPolicy lets Deployment/tasks-worker-heavy in on 5672',
    ],
    [
      'a Flower that may not call the management API',
      (p) => removePort(policy(p, 'tasks-flower').egress[0], 15672),
      'Deployment/tasks-flower: no NetworkPolicy lets it out to StatefulSet/tasks-broker on 15672',
    ],
    [
      'nodes that do not let each other in',
      (p) => removePort(policy(p, 'tasks-broker').ingress.at(-1), 25672),
      'StatefulSet/tasks-broker: no NetworkPolicy lets StatefulSet/tasks-broker in on 25672',
    ],
    [
      'an autoscaler that is kept out',
      (p) =>
        (policy(p, 'tasks-broker').ingress = policy(p, 'tasks-broker').ingress.filter(
          (rule: any) => rule.from[0].podSelector?.matchLabels.app !== 'keda-operator',
        )),
      'ScaledObject/tasks-worker-general: no NetworkPolicy lets KEDA in to StatefulSet/tasks-broker on 15672',
    ],
    [
      'pods that resolve no names',
      (p) => removePort(policy(p, 'tasks-dns').egress[0], 53),
      'Deployment/tasks-worker-general: no NetworkPolicy lets it ask DNS over UDP',
    ],
  ]);
});
