import { testFixtures } from './parts';

const NODES = 'tasks-broker-nodes.tasks-production.svc';

describe('addressProblems', () => {
  testFixtures([
    [
      'a broker host that is no Service',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_HOSTS').value = 'broker.tasks-production.svc:5672'),
      'Deployment/tasks-worker-general: broker.tasks-production.svc:5672 names no Service',
    ],
    [
      'a broker host in another namespace',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_HOSTS').value = 'tasks-broker.default.svc:5672'),
      'Deployment/tasks-worker-general: tasks-broker.default.svc:5672 is in namespace default, the Service in tasks-production',
    ],
    [
      'a node that does not exist',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_HOSTS').value = `tasks-broker-3.${NODES}:5672`),
      `Deployment/tasks-worker-general: tasks-broker-3.${NODES}:5672 names pod 3 of 3`,
    ],
    [
      'a node port that does not exist',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_HOSTS').value = `tasks-broker-0.${NODES}:5671`),
      `Deployment/tasks-worker-general: tasks-broker-0.${NODES}:5671 is no port of StatefulSet/tasks-broker`,
    ],
    [
      'a host without a port',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_HOSTS').value = 'tasks-broker'),
      'Deployment/tasks-worker-general: "tasks-broker" is not <service>.<namespace>.svc:<port>',
    ],
    [
      'a trigger that asks another port',
      (p) => (p.scaled().triggers[0].metadata.host = 'http://tasks-broker.tasks-production.svc:15671/'),
      'ScaledObject/tasks-worker-general: tasks-broker.tasks-production.svc:15671 is no port of Service/tasks-broker',
    ],
    [
      'a trigger host without its slash',
      (p) => (p.scaled().triggers[0].metadata.host = 'http://tasks-broker.tasks-production.svc:15672'),
      'ScaledObject/tasks-worker-general: "http://tasks-broker.tasks-production.svc:15672" is not <service>.<namespace>.svc:<port>',
    ],
    [
      'a Flower that asks another host',
      (p) => p.edit('tasks-flower-config', 'celeryconfig.py', 'tasks-broker.', 'broker.'),
      'ConfigMap/tasks-flower-config: broker.tasks-production.svc:5672 names no Service',
    ],
  ]);
});
