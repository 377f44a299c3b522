import { testFixtures } from './parts';

describe('portProblems', () => {
  testFixtures([
    [
      'a renamed container port',
      (p) => (p.flower().ports[0].name = 'web'),
      'Service/tasks-flower: targetPort http is no port of Deployment/tasks-flower',
    ],
    [
      'a readiness probe for another port',
      (p) => (p.worker().readinessProbe.httpGet.port = 'http'),
      'Deployment/tasks-worker-general: readinessProbe of worker asks port http, which it does not have',
    ],
    [
      'a startup probe for another port',
      (p) => (p.node().startupProbe.httpGet.port = 15671),
      'StatefulSet/tasks-broker: startupProbe of rabbitmq asks port 15671, which it does not have',
    ],
    [
      'a worker that listens elsewhere',
      (p) => (p.variable(p.worker(), 'WARREN_HEALTH_PORT').value = '9090'),
      'Deployment/tasks-worker-general: WARREN_HEALTH_PORT makes worker listen on 9090, but its port health is another',
    ],
    [
      'a broker that listens elsewhere',
      (p) => p.edit('tasks-broker-config', 'rabbitmq.conf', 'management.tcp.port = 15672', 'management.tcp.port = 15671'),
      'StatefulSet/tasks-broker: rabbitmq.conf makes rabbitmq listen on 15671, but its port management is another',
    ],
    [
      'a Flower that listens elsewhere',
      (p) => p.edit('tasks-flower-config', 'flowerconfig.py', 'port = 5555', 'port = 5556'),
      'Deployment/tasks-flower: flowerconfig.py makes flower listen on 5556, but its port http is another',
    ],
  ]);
});
