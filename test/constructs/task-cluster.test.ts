import { bySize, RabbitmqCluster } from '../../constructs';
import { SECRETS_ANNOTATION } from '../../constructs/task-cluster';
import { decodeTopology, WATCHDOG_QUEUE } from '../../workers/topology';
import { fileOf, find, idOf, NAMESPACE, renderTasks, taskCluster } from '../support/manifests';

const ALL = {
  routes: { 'tasks.lcs': bySize({ overBytes: 2000, to: 'large', otherwise: 'small' }) },
  workers: { general: { queues: ['small'] }, heavy: { queues: ['large'], scale: { min: 0, max: 2 } } },
  flower: {},
};

/** End of a Job's name. */
const HASH = /-[0-9a-f]{10}$/;

describe('TaskCluster', () => {
  test('renders broker, workers, autoscaling and Flower from one declaration', () =>
    expect(new Set(renderTasks(ALL).map((object) => idOf(object).replace(HASH, '-HASH')))).toEqual(
      new Set([
        'Service/tasks-broker-nodes',
        'Service/tasks-broker',
        'ConfigMap/tasks-broker-config',
        'ServiceAccount/tasks-broker',
        'StatefulSet/tasks-broker',
        'PodDisruptionBudget/tasks-broker',
        `ValidatingAdmissionPolicy/tasks-broker.${NAMESPACE}.shrink-guard`,
        `ValidatingAdmissionPolicyBinding/tasks-broker.${NAMESPACE}.shrink-guard`,
        'ConfigMap/tasks-flower-config',
        'ServiceAccount/tasks-flower',
        'Deployment/tasks-flower',
        'Service/tasks-flower',
        'ConfigMap/tasks-topology',
        'Job/tasks-topology-HASH',
        'ServiceAccount/tasks-topology',
        'ServiceAccount/tasks-worker-general',
        'Deployment/tasks-worker-general',
        'ServiceAccount/tasks-worker-heavy',
        'Deployment/tasks-worker-heavy',
        'TriggerAuthentication/tasks-worker-heavy',
        'ScaledObject/tasks-worker-heavy',
        'Role/tasks-deletion-cost',
        'RoleBinding/tasks-deletion-cost',
        `ValidatingAdmissionPolicy/tasks-deletion-cost.${NAMESPACE}`,
        `ValidatingAdmissionPolicyBinding/tasks-deletion-cost.${NAMESPACE}`,
        'NetworkPolicy/tasks-default-deny',
        'NetworkPolicy/tasks-dns',
        'NetworkPolicy/tasks-topology',
        'NetworkPolicy/tasks-worker',
        'NetworkPolicy/tasks-worker-heavy-api',
        'NetworkPolicy/tasks-broker',
        'NetworkPolicy/tasks-flower',
      ]),
    ));

  test('begins every name with its own', () => {
    const objects = renderTasks({ ...ALL, name: 'jobs' });
    expect(objects.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith('jobs-'))).toEqual([]);
    expect(JSON.stringify(objects)).not.toMatch(/tasks-(broker|worker|flower|topology)/);
  });

  test('puts every object into the namespace of its chart, with labels that tell whose it is', () => {
    for (const { kind, metadata } of renderTasks(ALL)) {
      expect(metadata.namespace).toBe(kind.startsWith('ValidatingAdmission') ? undefined : NAMESPACE);
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/part-of': 'tasks',
        'app.kubernetes.io/managed-by': 'warren',
        'app.kubernetes.io/name': metadata.name
          .replace(HASH, '')
          .replace(/^tasks-(broker|flower|deletion-cost)(-nodes|-config|\..*)$/, 'tasks-$1'),
      });
    }
  });

  test('gives the worker the topology that the broker is built from', () => {
    const topology = decodeTopology(fileOf(renderTasks(ALL), 'tasks-topology', 'topology.json'));
    expect(topology).toEqual(taskCluster(ALL).topology);
    expect(topology.routes).toEqual(ALL.routes);
    const { queues, vhosts } = JSON.parse(
      fileOf(renderTasks({ ...ALL, delayedDelivery: false }), 'tasks-broker-config', 'definitions.json'),
    );
    expect(queues.map((queue: { name: string }) => queue.name)).toEqual([
      ...topology.queues.flatMap((queue) => [queue.name, queue.deadLetterQueue]),
      WATCHDOG_QUEUE,
    ]);
    expect(vhosts.map((vhost: { name: string }) => vhost.name)).toEqual([topology.virtualHost]);
  });

  test('lists every Secret that must exist, and renders none', () => {
    const objects = renderTasks(ALL);
    const annotation = find(objects, 'ConfigMap', 'tasks-topology').metadata.annotations?.[SECRETS_ANNOTATION] ?? '';
    const { secrets } = taskCluster(ALL);
    expect(JSON.parse(annotation)).toEqual(Object.fromEntries(secrets.map(({ name, keys }) => [name, keys])));
    expect(secrets.map(({ name }) => name)).toEqual([
      'tasks-broker-cookie',
      ...['admin', 'worker-general', 'worker-heavy', 'producer', 'flower', 'keda'].map((user) => `tasks-broker-${user}`),
      'tasks-flower-login',
    ]);
    expect(objects.map((object) => object.kind)).not.toContain('Secret');
  });

  test('renders the same twice', () => expect(renderTasks(ALL)).toEqual(renderTasks(ALL)));

  test('takes undefined for absent, as the optional field of an environment would give it', () => {
    const nothing = { concurrency: undefined, replicas: undefined, resources: undefined };
    const flower = { image: undefined, readOnly: undefined, resources: undefined };
    const broker = RabbitmqCluster.of({ nodes: undefined, version: undefined, image: undefined, resources: undefined, storage: undefined });
    expect(renderTasks({ workers: { general: { queues: ['small'], ...nothing } }, flower, broker })).toEqual(renderTasks({ flower: {} }));
  });

  test('offers every part it made', () => {
    const cluster = taskCluster(ALL);
    expect(Object.keys(cluster.workers)).toEqual(['general', 'heavy']);
    expect(Object.keys(cluster.autoscalers)).toEqual(['heavy']);
    expect(cluster.flower?.service.name).toBe('tasks-flower');
    expect(cluster.workers['general']?.deployment.name).toBe('tasks-worker-general');
    expect(cluster.topologyConfig.name).toBe('tasks-topology');
    expect(cluster.autoscalers['heavy']?.scaledObject.name).toBe('tasks-worker-heavy');
  });
});
