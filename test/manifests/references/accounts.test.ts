import { testFixtures } from './parts';

describe('accountsProblems', () => {
  testFixtures([
    [
      'a worker with the Secret of nobody',
      (p) => p.list((secrets) => (secrets['tasks-broker-worker-general'] = { username: { value: 'general' }, password: 'random' })),
      'Deployment/tasks-worker-general: user general of Secret/tasks-broker-worker-general is not in definitions.json',
    ],
    [
      'a worker with no Secret at its folder',
      (p) => (p.worker().volumeMounts.find((mount: any) => mount.name === 'broker-user').name = 'tmp'),
      'Deployment/tasks-worker-general: no Secret is mounted at /etc/warren/broker-user',
    ],
    [
      'a user whose Secret the broker does not read',
      (p) => p.pod('StatefulSet', 'tasks-broker').initContainers[0].volumeMounts.splice(2, 1),
      'definitions.json: user admin has no Secret in the broker',
    ],
    [
      'a Secret in the broker without its user',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"name": "keda"', '"name": "scaler"'),
      'definitions.json: has no user keda, but the broker mounts Secret/tasks-broker-keda',
    ],
    [
      'a hash that is never filled in',
      (p) => p.edit('tasks-broker-config', 'definitions.json', 'HASH(keda)', 'HASH(scaler)'),
      'definitions.json: the hash of user keda is never filled in',
    ],
    [
      'a user without permissions',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"user": "flower"', '"user": "admin"'),
      'Deployment/tasks-flower: user flower has no permissions in virtual host tasks',
    ],
    [
      'an autoscaler that may not use the management API',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"management"', '"policymaker"'),
      'TriggerAuthentication/tasks-worker-general: user keda has none of the tags management, monitoring, administrator',
    ],
  ]);
});
