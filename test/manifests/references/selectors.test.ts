import { testFixtures } from './parts';

describe('selectorProblems', () => {
  testFixtures([
    [
      'a Service for nobody',
      (p) => (p.of('Service', 'tasks-flower').spec.selector = { a: 'b' }),
      'Service/tasks-flower: selector {"a":"b"} selects no pod',
    ],
    [
      'a budget for nobody',
      (p) => (p.of('PodDisruptionBudget', 'tasks-broker').spec.selector.matchLabels = { a: 'b' }),
      'PodDisruptionBudget/tasks-broker: selector {"a":"b"} selects no pod',
    ],
    [
      'a Deployment without its own pods',
      (p) => (p.of('Deployment', 'tasks-flower').spec.selector.matchLabels = { a: 'b' }),
      'Deployment/tasks-flower: selector {"a":"b"} does not select its own pods',
    ],
    [
      'a Deployment that takes the pods of another',
      (p) => (p.of('Deployment', 'tasks-worker-heavy').spec.selector.matchLabels = { 'app.kubernetes.io/component': 'worker' }),
      'Deployment/tasks-worker-heavy: selector also selects the pods of Deployment/tasks-worker-general',
    ],
    [
      'spreading over pods of others',
      (p) => (p.pod('Deployment', 'tasks-worker-heavy').topologySpreadConstraints[0].labelSelector.matchLabels = { a: 'b' }),
      'Deployment/tasks-worker-heavy: placement by kubernetes.io/hostname looks for {"a":"b"}, not for its own pods',
    ],
    [
      'a missing headless Service',
      (p) => p.remove('Service', 'tasks-broker-nodes'),
      'StatefulSet/tasks-broker: no Service/tasks-broker-nodes',
    ],
    [
      'a Service for nodes that is not headless',
      (p) => delete p.of('Service', 'tasks-broker-nodes').spec.clusterIP,
      'StatefulSet/tasks-broker: Service/tasks-broker-nodes is not headless',
    ],
  ]);
});
