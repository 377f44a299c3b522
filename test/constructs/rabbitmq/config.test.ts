import { diskFreeLimitBytes, memoryWatermarkBytes, rabbitmqConf, type RabbitmqConfigProps } from '../../../constructs/rabbitmq/config';
import { PORTS } from '../../../constructs/rabbitmq/listeners';
import { RABBITMQ_VERSIONS } from '../../../constructs/rabbitmq/versions';

const MEBIBYTE = 2 ** 20;

const PROPS: RabbitmqConfigProps = {
  clusterName: 'tasks-broker',
  version: '4.3',
  nodes: 3,
  memory: '2Gi',
  storage: '10Gi',
  permitTransientQueues: false,
  ipv6: false,
};

/** The settings of a rendered rabbitmq.conf by key. */
function settings(props: Partial<RabbitmqConfigProps> = {}): Map<string, string> {
  const lines = rabbitmqConf({ ...PROPS, ...props }).split('\n');
  return new Map(lines.filter((line) => line !== '').map((line) => [line.split(' = ')[0] ?? '', line.split(' = ')[1] ?? '']));
}

describe('rabbitmqConf', () => {
  test('forms a cluster of all nodes without the Kubernetes API', () => {
    const conf = settings({ nodes: 5 });
    expect(conf.get('cluster_name')).toBe('tasks-broker');
    expect(conf.get('cluster_formation.peer_discovery_backend')).toBe('k8s');
    expect(conf.get('cluster_formation.target_cluster_size_hint')).toBe('5');
  });

  test.each([
    [1, '1'],
    [3, '3'],
    [5, '5'],
    [7, '5'],
  ])('gives the queues of %d nodes %s members', (nodes, members) =>
    expect(settings({ nodes }).get('quorum_queue.continuous_membership_reconciliation.target_group_size')).toBe(members),
  );

  test('listens on the ports that Services and probes name', () => {
    const conf = settings();
    expect(conf.get('listeners.tcp.default')).toBe(String(PORTS.amqp));
    expect(conf.get('management.tcp.port')).toBe(String(PORTS.management));
    expect(conf.get('prometheus.tcp.port')).toBe(String(PORTS.prometheus));
  });

  test('listens for HTTP on both IP families where there may be two', () => {
    expect([settings().get('management.tcp.ip'), settings().get('prometheus.tcp.ip')]).toEqual([undefined, undefined]);
    const conf = settings({ ipv6: true });
    expect([conf.get('management.tcp.ip'), conf.get('prometheus.tcp.ip')]).toEqual(['::', '::']);
  });

  test('lets nobody in without a password', () => {
    const conf = settings();
    expect(conf.get('anonymous_login_user')).toBe('none');
    expect([conf.get('auth_mechanisms.1'), conf.get('auth_mechanisms.2'), conf.get('auth_mechanisms.3')]).toEqual([
      'PLAIN',
      'AMQPLAIN',
      undefined,
    ]);
    expect([...conf.keys()].filter((key) => /default_(user|pass)|loopback|guest/.test(key))).toEqual([]);
  });

  test('spreads the leaders of queues over the nodes and repairs lost members', () => {
    expect(settings().get('queue_leader_locator')).toBe('balanced');
    expect(settings().get('quorum_queue.continuous_membership_reconciliation.enabled')).toBe('true');
  });

  test('logs to the console, where Kubernetes looks, and to no file on the read-only disk', () => {
    expect(settings().get('log.console')).toBe('true');
    expect(settings().get('log.file')).toBe('false');
  });

  test('lets Celery clients redeclare queues without a clash', () =>
    expect(settings().get('quorum_queue.property_equivalence.relaxed_checks_on_redeclaration')).toBe('true'));

  test.each([
    ['4.2', 'pause_minority'],
    ['4.3', undefined],
    ['4.4', undefined],
  ] as const)('sets partition handling on %s to %s', (version, handling) =>
    expect(settings({ version }).get('cluster_partition_handling')).toBe(handling),
  );

  const permission = 'deprecated_features.permit.transient_nonexcl_queues';
  test.each([
    ['4.2', true, undefined],
    ['4.2', false, undefined],
    ['4.3', true, 'true'],
    ['4.3', false, undefined],
    ['4.4', true, 'true'],
  ] as const)('on %s with permitTransientQueues %s permits them by %s', (version, permitTransientQueues, value) =>
    expect(settings({ version, permitTransientQueues }).get(permission)).toBe(value),
  );

  test.each([
    ['512Mi', '2Gi', '307MiB', '410MiB'],
    ['1Gi', '10Gi', '614MiB', '2048MiB'],
    ['2Gi', '20Gi', '1229MiB', '2048MiB'],
    ['8Gi', '100Gi', '4915MiB', '4915MiB'],
    ['1G', '10G', '572MiB', '1907MiB'],
  ])('with %s of memory and %s of storage blocks publishers over %s and under %s free', (memory, storage, watermark, free) => {
    const conf = settings({ memory, storage });
    expect(conf.get('vm_memory_high_watermark.absolute')).toBe(watermark);
    expect(conf.get('disk_free_limit.absolute')).toBe(free);
  });

  test.each(RABBITMQ_VERSIONS)('sets nothing twice on %s', (version) => {
    const text = rabbitmqConf({ ...PROPS, version, permitTransientQueues: true });
    const keys = text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' = ')[0]]));
    expect(keys).toEqual([...new Set(keys)]);
    expect(text).not.toMatch(/undefined|null|NaN|\n\n\n/);
  });
});

describe('diskFreeLimitBytes', () => {
  test.each(['512Mi', '1Gi', '4Gi', '16Gi'])('leaves room for all of the memory under the watermark of %s', (memory) =>
    expect(diskFreeLimitBytes({ memory, storage: '1Ti' })).toBeGreaterThanOrEqual(memoryWatermarkBytes(memory)),
  );

  test('takes no more than a fifth of a small volume', () =>
    expect(diskFreeLimitBytes({ memory: '64Mi', storage: '1000Mi' })).toBe(200 * MEBIBYTE));
});
