import { RABBITMQ_LINES, RabbitmqCluster } from '../../../constructs';
import { RABBITMQ_VERSIONS } from '../../../constructs/rabbitmq/versions';
import {
  brokerPodOf as podOf,
  renderBroker as render,
  serverOf as containerOf,
  statefulSetOf as statefulSet,
} from '../../support/broker-objects';
import { fileOf, find, type Manifest, NAMESPACE, problemsOf, taskCluster } from '../../support/manifests';

const checksumOf = (objects: Manifest[]) => statefulSet(objects).template.metadata.annotations['warren/checksum'];

describe('RabbitmqCluster', () => {
  test('starts all nodes at once, because node 0 is ready only when all have joined', () =>
    expect(statefulSet(render())).toMatchObject({ podManagementPolicy: 'Parallel', replicas: 3, serviceName: 'tasks-broker-nodes' }));

  test('names nodes in a headless Service before they are ready', () =>
    expect(find(render(), 'Service', 'tasks-broker-nodes').spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true }));

  test('keeps a node that formed a cluster of its own from becoming ready', () =>
    expect(containerOf(render()).startupProbe.httpGet).toEqual({
      path: '/api/health/checks/reached-target-cluster-size',
      port: 'management',
    }));

  test('is ready when it takes connections, and is never killed by a probe: a node in maintenance closes its ports', () => {
    const container = containerOf(render());
    expect(container.readinessProbe.tcpSocket).toEqual({ port: 'amqp' });
    expect(container).not.toHaveProperty('livenessProbe');
  });

  test('leaves the pod more time than its shutdown takes', () => {
    const [, wait, drain] = /-t (\d+); .*drain -t (\d+)$/.exec(containerOf(render()).lifecycle.preStop.exec.command[2]) ?? [];
    expect(podOf(render()).terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(wait) + Number(drain) + 30);
  });

  test('evicts one node at a time and never two on one machine', () => {
    const objects = render();
    expect(find(objects, 'PodDisruptionBudget', 'tasks-broker').spec).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    expect(podOf(objects).affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      { topologyKey: 'kubernetes.io/hostname', labelSelector: statefulSet(objects).selector },
    ]);
  });

  test('asks nothing of a single node that only several can do', () => {
    const objects = render({ nodes: 1 });
    expect(objects.map((object) => object.kind)).not.toContain('PodDisruptionBudget');
    expect(podOf(objects)).not.toHaveProperty('affinity');
    expect(containerOf(objects)).not.toHaveProperty('lifecycle');
    expect(fileOf(objects, 'tasks-broker-config', 'rabbitmq.conf')).toContain('target_cluster_size_hint = 1\n');
  });

  test.each(RABBITMQ_VERSIONS)('runs the official image of %s at its newest patch', (version) => {
    const { initContainers, containers } = podOf(render({ version }));
    const image = `rabbitmq:${RABBITMQ_LINES[version].patch}-management`;
    expect([initContainers[0].image, containers[0].image]).toEqual([image, image]);
  });

  test('runs another image, storage, class and size where asked', () => {
    const objects = render({
      image: 'mirror.example.com/rabbitmq:4.3.6-management',
      resources: { cpu: '2', memory: '4Gi' },
      storage: '50Gi',
      storageClass: 'fast',
    });
    expect(containerOf(objects).image).toBe('mirror.example.com/rabbitmq:4.3.6-management');
    expect(containerOf(objects).resources).toMatchObject({ requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '4Gi' } });
    expect(statefulSet(objects).volumeClaimTemplates[0]).toMatchObject({
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '50Gi' } } },
    });
  });

  test('claims volumes of the default class unless told', () =>
    expect(statefulSet(render()).volumeClaimTemplates[0].spec).not.toHaveProperty('storageClassName'));

  test('shows passwords to the init container only', () => {
    const pod = podOf(render());
    const secrets = new Set(pod.volumes.flatMap((volume: any) => (volume.secret ? [volume.name] : [])));
    expect([...secrets]).toEqual(['cookie', 'user-admin', 'user-worker-general', 'user-producer', 'user-flower', 'user-keda']);
    expect(containerOf(render()).volumeMounts.filter((mount: { name: string }) => secrets.has(mount.name))).toEqual([]);
  });

  test('restarts its nodes when a setting changes', () =>
    expect(checksumOf(render({ permitTransientQueues: true }))).not.toBe(checksumOf(render())));

  test('restarts no node when a queue, a limit or a worker group changes: the topology Job is for that', () => {
    expect(checksumOf(render({}, { queues: { small: { deliveryLimit: 5 } } }))).toBe(checksumOf(render()));
    expect(checksumOf(render({}, { queues: { small: {}, more: {} } }))).toBe(checksumOf(render()));
  });

  test('tells clients the address of every node, and one in front of all', () => {
    const { broker } = taskCluster({ broker: RabbitmqCluster.of({ nodes: 3 }) });
    expect(broker.hosts).toEqual([0, 1, 2].map((node) => `tasks-broker-${node}.tasks-broker-nodes.${NAMESPACE}.svc:5672`));
    expect(broker.address).toBe(`tasks-broker.${NAMESPACE}.svc:5672`);
    expect(broker.managementUrl).toBe(`http://tasks-broker.${NAMESPACE}.svc:15672/`);
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['no nodes', { nodes: 0 }, /^broker\.nodes: got 0 -> must be one of 1, 3, 5, 7 -> use 3/],
    ['an even number of nodes', { nodes: 2 }, /^broker\.nodes: got 2 -> must be one of 1, 3, 5, 7 -> use 3/],
    ['nodes as text', { nodes: '3' }, /^broker\.nodes: got "3" -> must be one of/],
    ['an unknown release line', { version: '4.1' }, /^broker\.version: got "4\.1" -> must be one of "4\.2", "4\.3"/],
    ['an unknown key', { node: 3 }, /^broker\.node: got 3 -> is not a known key -> did you mean "nodes"\?$/],
    ['a moving image', { image: 'rabbitmq:latest' }, /^broker\.image: got "rabbitmq:latest" -> must not be the moving tag/],
    ['storage without a unit', { storage: '10' }, /^broker\.storage: got "10" -> must be a size with a unit/],
    [
      'storage smaller than three free-disk limits',
      { storage: '3Gi' },
      /^broker\.storage: got "3Gi" -> .*2Gi of memory -> use "4Gi" or more/,
    ],
    ['bad resources', { resources: { cpu: '0', memory: '2Gi' } }, /^broker\.resources\.cpu: got "0" -> must be cores/],
    ['a bad storage class', { storageClass: 'Fast disks' }, /^broker\.storageClass: got "Fast disks" -> /],
    ['a guard that is text', { shrinkGuard: 'no' }, /^broker\.shrinkGuard: got "no" -> must be one of true, false/],
    ['a flag that is text', { permitTransientQueues: 'yes' }, /^broker\.permitTransientQueues: got "yes" -> must be one of true, false/],
  ])('refuses %s', (_, options, line) =>
    expect(problemsOf({ broker: RabbitmqCluster.of(options) })).toEqual([expect.stringMatching(line)]),
  );

  test('refuses memory that RabbitMQ cannot start in', () =>
    expect(problemsOf({ broker: RabbitmqCluster.of({ resources: { cpu: '1', memory: '1Mi' } }) })).toEqual([
      expect.stringMatching(/^broker\.resources\.memory: got "1Mi" -> must be at least /),
    ]));

  test('takes a storage class with dots, as Kubernetes does', () =>
    expect(RabbitmqCluster.of({ storageClass: 'ssd.csi.example.com' }).validate('broker', [])).toEqual([]));

  test.each(['512Mi', '1Gi', '2Gi', '8Gi', '64Gi'])('recommends storage for %s of memory that it then accepts', (memory) => {
    const options = { resources: { cpu: '1', memory }, storage: '100Mi' };
    const [line = ''] = problemsOf({ broker: RabbitmqCluster.of(options) });
    const [, storage] = /use "(\d+Gi)" or more/.exec(line) ?? [];
    expect(storage).toBeDefined();
    expect(RabbitmqCluster.of({ ...options, storage }).validate('broker', [])).toEqual([]);
  });
});
