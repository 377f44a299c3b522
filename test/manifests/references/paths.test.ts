import { testFixtures } from './parts';

describe('pathProblems', () => {
  testFixtures([
    [
      'a variable that points to a missing file',
      (p) => (p.variable(p.worker(), 'WARREN_TOPOLOGY').value = '/etc/warren/topology/queues.json'),
      'Deployment/tasks-worker-general: WARREN_TOPOLOGY of worker points to /etc/warren/topology/queues.json, but ConfigMap/tasks-topology has no queues.json',
    ],
    [
      'a variable that points out of every mount',
      (p) => (p.variable(p.worker(), 'WARREN_BROKER_CREDENTIALS').value = '/etc/warren/user'),
      'Deployment/tasks-worker-general: WARREN_BROKER_CREDENTIALS of worker points to /etc/warren/user, which is in no mount',
    ],
    [
      'an argument that points to a missing file',
      (p) => (p.flower().command[2] = '--conf=/etc/warren/flower/config.py'),
      'Deployment/tasks-flower: command of flower points to /etc/warren/flower/config.py, but ConfigMap/tasks-flower-config has no config.py',
    ],
    [
      'a setting that points out of every mount',
      (p) => p.edit('tasks-broker-config', 'rabbitmq.conf', '/run/warren/definitions.json', '/etc/definitions.json'),
      'StatefulSet/tasks-broker: rabbitmq.conf of rabbitmq points to /etc/definitions.json, which is in no mount',
    ],
    [
      'a key that a Secret lacks',
      (p) => p.list((secrets) => delete secrets['tasks-flower-login']?.['cookie-secret']),
      'Deployment/tasks-flower: flowerconfig.py of flower points to /etc/warren/login/cookie-secret, but Secret/tasks-flower-login has no cookie-secret',
    ],
  ]);
});
