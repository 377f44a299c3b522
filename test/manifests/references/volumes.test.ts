import { testFixtures } from './parts';

describe('volumeProblems', () => {
  testFixtures([
    [
      'a mount without its volume',
      (p) => (p.worker().volumeMounts[0].name = 'topo'),
      'Deployment/tasks-worker-general: worker mounts topo, which is no volume',
    ],
    [
      'a volume that nobody mounts',
      (p) => p.pod('Deployment', 'tasks-flower').volumes.push({ name: 'spare', emptyDir: {} }),
      'Deployment/tasks-flower: volume spare is mounted nowhere',
    ],
    [
      'two volumes at one path',
      (p) => (p.worker().volumeMounts[1].mountPath = p.worker().volumeMounts[0].mountPath),
      'Deployment/tasks-worker-general: worker mounts two volumes at /etc/warren/topology',
    ],
    [
      'a renamed volume claim',
      (p) => (p.of('StatefulSet', 'tasks-broker').spec.volumeClaimTemplates[0].metadata.name = 'disk'),
      'StatefulSet/tasks-broker: rabbitmq mounts data, which is no volume',
    ],
    [
      'a missing ConfigMap',
      (p) => p.remove('ConfigMap', 'tasks-flower-config'),
      'Deployment/tasks-flower: volume config needs ConfigMap/tasks-flower-config, which is not rendered',
    ],
    [
      'a Secret that is not listed',
      (p) => p.list((secrets) => delete secrets['tasks-broker-cookie']),
      'StatefulSet/tasks-broker: volume cookie needs Secret/tasks-broker-cookie, which is not listed',
    ],
    [
      'a Secret without a reader',
      (p) => p.list((secrets) => (secrets['tasks-spare'] = { key: 'random' })),
      'Secret/tasks-spare: is listed but nobody reads it',
    ],
  ]);
});
