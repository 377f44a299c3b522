import { RabbitmqCluster, RabbitmqOperatorCluster, type RabbitmqOperatorClusterOptions } from '../../../constructs';
import { operatorObjects } from '../../support/cluster-operator';
import { fileOf, find, type Manifest, NAMESPACE, problemsOf, renderTasks, taskCluster } from '../../support/manifests';

const render = (options: RabbitmqOperatorClusterOptions = {}): Manifest[] => renderTasks({ broker: RabbitmqOperatorCluster.of(options) });
const specOf = (objects: Manifest[]) => find(objects, 'RabbitmqCluster', 'tasks-broker').spec;
const overrideOf = (objects: Manifest[]) => specOf(objects).override.statefulSet.spec;
const checksumOf = (objects: Manifest[]) => overrideOf(objects).template.metadata.annotations['warren/checksum'];

describe('RabbitmqOperatorCluster', () => {
  test('leaves StatefulSet, Services and cookie to the operator', () => {
    const objects = render();
    expect(objects.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Service')).toEqual([]);
    expect(taskCluster({ broker: RabbitmqOperatorCluster.of() }).secrets.map(({ name }) => name)).toEqual([
      'tasks-broker-admin',
      'tasks-broker-worker-general',
      'tasks-broker-producer',
      'tasks-broker-flower',
      'tasks-broker-keda',
    ]);
  });

  test('gives the operator its sizes', () =>
    expect(specOf(render({ nodes: 5, resources: { cpu: '2', memory: '4Gi' }, storage: '50Gi', storageClass: 'fast' }))).toMatchObject({
      replicas: 5,
      image: 'rabbitmq:4.3.6-management',
      resources: { requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '4Gi' } },
      persistence: { storage: '50Gi', storageClassName: 'fast' },
      terminationGracePeriodSeconds: 210,
    }));

  test('configures nodes as our own cluster does, but for what the operator writes itself', () => {
    const own = fileOf(
      renderTasks({ broker: RabbitmqCluster.of({ permitTransientQueues: true }) }),
      'tasks-broker-config',
      'rabbitmq.conf',
    );
    const { additionalConfig } = specOf(render({ permitTransientQueues: true })).rabbitmq;
    expect(own.endsWith(additionalConfig)).toBe(true);
    expect(own.replace(additionalConfig, '').match(/^[\w.]+/gm)).toEqual([
      'cluster_name',
      'cluster_formation.peer_discovery_backend',
      'cluster_formation.target_cluster_size_hint',
    ]);
  });

  test('imports the same definitions', () => {
    const [own, operator] = [renderTasks({}), render()].map((objects) => fileOf(objects, 'tasks-broker-config', 'definitions.json'));
    expect(operator).toBe(own);
  });

  test('keeps the volumes when the object is deleted', () =>
    expect(overrideOf(render()).persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' }));

  test('shows passwords to its init container only', () => {
    const { initContainers, containers, volumes } = overrideOf(render()).template.spec;
    const secrets = volumes.flatMap((volume: any) => (volume.secret ? [volume.name] : []));
    expect(secrets).toHaveLength(5);
    expect(initContainers[0].volumeMounts.map(({ name }: any) => name)).toEqual(expect.arrayContaining(secrets));
    expect(containers[0].volumeMounts.map(({ name }: any) => name)).toEqual(['warren-runtime', 'warren-runtime']);
  });

  test('waits for the quorum at shutdown, unless the whole cluster is deleted', () => {
    const [, , command] = overrideOf(render()).template.spec.containers[0].lifecycle.preStop.exec.command;
    expect(command).toMatch(
      /^\[ -s \/etc\/pod-info\/skipPreStopChecks \] \|\| \{ rabbitmq-upgrade await_online_quorum_plus_one -t 120; .*drain -t 30; \}$/,
    );
  });

  test('selects the pods that the operator makes', () => {
    const objects = render();
    const [pods] = operatorObjects(find(objects, 'RabbitmqCluster', 'tasks-broker')).filter(({ kind }) => kind === 'StatefulSet');
    const selectors = [
      find(objects, 'PodDisruptionBudget', 'tasks-broker').spec.selector.matchLabels,
      specOf(objects).affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchLabels,
    ];
    for (const selector of selectors) expect(pods?.spec.template.metadata.labels).toMatchObject(selector);
  });

  test('asks nothing of a single node that only several can do', () => {
    const objects = render({ nodes: 1 });
    expect(objects.map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
    expect(specOf(objects)).not.toHaveProperty('affinity');
    expect(overrideOf(objects).template.spec.containers[0]).not.toHaveProperty('lifecycle');
  });

  test('restarts no node when a queue changes: the topology Job is for that', () => {
    const other = renderTasks({ broker: RabbitmqOperatorCluster.of(), queues: { small: { deliveryLimit: 5 } } });
    expect(checksumOf(other)).toBe(checksumOf(render()));
    expect(checksumOf(render())).toBe(checksumOf(render()));
  });

  test('tells clients the address of every node, and one in front of all', () => {
    const { broker } = taskCluster({ broker: RabbitmqOperatorCluster.of({ nodes: 3 }) });
    expect(broker.hosts).toEqual([0, 1, 2].map((node) => `tasks-broker-server-${node}.tasks-broker-nodes.${NAMESPACE}.svc:5672`));
    expect(broker.address).toBe(`tasks-broker.${NAMESPACE}.svc:5672`);
    expect(broker.managementUrl).toBe(`http://tasks-broker.${NAMESPACE}.svc:15672/`);
  });

  describe('with tls', () => {
    const operated = (tls: RabbitmqOperatorClusterOptions['tls']) => render({ tls });

    test('has the operator mount the Secret and close the plain ports', () => {
      // No caSecretName: with it nodes would ask clients for certificates.
      expect(specOf(operated({ secret: 'our-tls' })).tls).toEqual({ secretName: 'our-tls', disableNonTLSListeners: true });
      expect(specOf(operated({ secret: 'our-tls', plain: true })).tls.disableNonTLSListeners).toBe(false);
      expect(specOf(render())).not.toHaveProperty('tls');
    });

    test('leaves listeners to the operator, but for what it forgets', () => {
      const { additionalConfig } = specOf(operated({ secret: 'our-tls' })).rabbitmq;
      expect(additionalConfig).not.toMatch(/listeners\.|\.port|certfile/);
      expect(additionalConfig).toMatch(/^prometheus\.tcp\.listener = none$/m);
      expect(additionalConfig).toMatch(/^management\.ssl\.versions\.2 = tlsv1\.2$/m);
    });

    test('leads clients to the ports with TLS, and the guard as well', () => {
      const { broker } = taskCluster({ broker: RabbitmqOperatorCluster.of({ tls: { secret: 'our-tls' } }) });
      expect(broker.hosts[0]).toBe(`tasks-broker-server-0.tasks-broker-nodes.${NAMESPACE}.svc:5671`);
      expect(broker.managementUrl).toBe(`https://tasks-broker.${NAMESPACE}.svc:15671/`);
      expect(broker.tls).toEqual({ secret: 'our-tls', key: 'ca.crt' });
      const [prepare] = overrideOf(operated({ secret: 'our-tls' })).template.spec.initContainers;
      expect(prepare.env).toContainEqual({ name: 'AMQP_PORT', value: '5671' });
    });

    test('asks cert-manager for a certificate with the names that the operator gives', () => {
      const { secretName, dnsNames } = find(operated({ certManager: { issuer: 'internal' } }), 'Certificate', 'tasks-broker').spec;
      expect(secretName).toBe('tasks-broker-tls');
      expect(dnsNames).toEqual(expect.arrayContaining([`tasks-broker.${NAMESPACE}.svc`, `*.tasks-broker-nodes.${NAMESPACE}.svc`]));
    });

    test('refuses TLS between nodes', () =>
      expect(problemsOf({ broker: RabbitmqOperatorCluster.of({ tls: { secret: 'a', interNode: true } as object }) })).toEqual([
        expect.stringMatching(/^broker\.tls\.interNode: got true -> is not an option of the cluster operator/),
      ]));
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['an even number of nodes', { nodes: 2 }, /^broker\.nodes: got 2 -> must be one of 1, 3, 5, 7/],
    ['an unknown key', { node: 3 }, /^broker\.node: got 3 -> is not a known key -> did you mean "nodes"\?$/],
    ['an image without management', { image: 'rabbitmq:4.3.6' }, /^broker\.image: got "rabbitmq:4\.3\.6" -> must be a -management image/],
    ['too little storage', { storage: '3Gi' }, /^broker\.storage: got "3Gi" -> .*2Gi of memory/],
  ])('refuses %s', (_, options, line) =>
    expect(problemsOf({ broker: RabbitmqOperatorCluster.of(options) })).toEqual([expect.stringMatching(line)]),
  );
});
