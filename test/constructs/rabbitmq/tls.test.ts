import { type RabbitmqClusterOptions, RabbitmqCluster, type TlsOptions } from '../../../constructs';
import { brokerPodOf, brokerProblems, renderBroker, serverOf, statefulSetOf } from '../../support/broker-objects';
import { environmentOf, fileOf, find, type Manifest, NAMESPACE, taskCluster } from '../../support/manifests';

const OWN: TlsOptions = { secret: 'our-tls' };
const ISSUED: TlsOptions = { certManager: { issuer: 'internal' } };
const render = (tls: TlsOptions, more: RabbitmqClusterOptions = {}): Manifest[] =>
  renderBroker({ ...more, tls }, { flower: {}, workers: { general: { queues: ['small'], scale: { min: 0, max: 3 } } } });
const portNames = (objects: Manifest[], service: string) => find(objects, 'Service', service).spec.ports.map(({ name }: any) => name);
const confOf = (objects: Manifest[]) => fileOf(objects, 'tasks-broker-config', 'rabbitmq.conf');
const portsLetIn = (objects: Manifest[], policy: string) =>
  find(objects, 'NetworkPolicy', policy).spec.ingress.map(({ ports }: any) => ports.map(({ port }: any) => port));
const checksumOf = (objects: Manifest[]) => statefulSetOf(objects).template.metadata.annotations['warren/checksum'];

describe('TLS of RabbitmqCluster', () => {
  test('closes every plain port', () => {
    const objects = render(OWN);
    expect(serverOf(objects).ports.map(({ name }: any) => name)).toEqual([
      'amqps',
      'management-tls',
      'prometheus-tls',
      'epmd',
      'distribution',
    ]);
    expect(portNames(objects, 'tasks-broker')).toEqual(['amqps', 'management-tls', 'prometheus-tls']);
    expect(portNames(objects, 'tasks-broker-nodes')).toEqual(['epmd', 'distribution', 'amqps']);
    expect(confOf(objects)).toContain('listeners.tcp = none\n');
    expect(confOf(objects)).toContain('prometheus.tcp.listener = none\n');
    expect(confOf(objects)).not.toMatch(/\.tcp\.(port|default)/);
  });

  test('keeps them for a migration, beside those with TLS', () => {
    const objects = render({ ...OWN, plain: true });
    expect(portNames(objects, 'tasks-broker')).toEqual(['amqps', 'amqp', 'management-tls', 'management', 'prometheus-tls', 'prometheus']);
    expect(confOf(objects)).toMatch(/^listeners\.tcp\.default = 5672$/m);
    expect(confOf(objects)).toMatch(/^listeners\.ssl\.default = 5671$/m);
    // A node that has not heard of TLS yet serves clients there alone.
    expect(environmentOf(serverOf(objects))['AMQP_PORT']).toBe('5672');
    expect(environmentOf(serverOf(render(OWN)))['AMQP_PORT']).toBe('5671');
  });

  test('lets nothing but TLS out of the cluster', () =>
    expect(portNames(render({ ...OWN, plain: true }, { service: { type: 'LoadBalancer' } }), 'tasks-broker-external')).toEqual(['amqps']));

  test.each(['ssl_options', 'management.ssl', 'prometheus.ssl'])(
    'takes TLS 1.3 and 1.2 alone on %s, and asks nobody for a certificate',
    (listener) => {
      const lines = confOf(render(OWN))
        .split('\n')
        .filter((line) => line.startsWith(`${listener}.`));
      expect(lines.filter((line) => line.includes('.versions.'))).toEqual([
        `${listener}.versions.1 = tlsv1.3`,
        `${listener}.versions.2 = tlsv1.2`,
      ]);
      expect(lines).toEqual(
        expect.arrayContaining([
          `${listener}.cacertfile = /etc/warren/tls/ca.crt`,
          `${listener}.certfile = /etc/warren/tls/tls.crt`,
          `${listener}.keyfile = /etc/warren/tls/tls.key`,
          `${listener}.verify = verify_none`,
        ]),
      );
    },
  );

  test('mounts the Secret for the group of the broker, not by subPath, so that a new certificate arrives', () => {
    const objects = render(OWN);
    expect(brokerPodOf(objects).volumes).toContainEqual({ name: 'tls', secret: { secretName: 'our-tls', defaultMode: 0o440 } });
    expect(serverOf(objects).volumeMounts).toContainEqual({ name: 'tls', mountPath: '/etc/warren/tls', readOnly: true });
    expect(brokerPodOf(objects).securityContext.fsGroup).toBe(brokerPodOf(objects).securityContext.runAsGroup);
  });

  test('probes the ports with TLS', () => {
    const { startupProbe, readinessProbe } = serverOf(render(OWN));
    expect(startupProbe.httpGet).toMatchObject({ port: 'management-tls', scheme: 'HTTPS' });
    expect(readinessProbe.tcpSocket).toEqual({ port: 'amqps' });
  });

  test('gives clients the authorities and never the key', () => {
    const objects = render(OWN);
    const job = objects.find(({ kind }) => kind === 'Job');
    const pods = [find(objects, 'Deployment', 'tasks-worker-general'), find(objects, 'Deployment', 'tasks-flower'), job];
    for (const pod of pods) {
      const secrets = pod?.spec.template.spec.volumes.filter(({ secret }: any) => secret?.secretName === 'our-tls');
      expect(secrets).toEqual([{ name: 'broker-ca', secret: { secretName: 'our-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }]);
    }
  });

  test('leads everybody to the ports with TLS', () => {
    const { broker } = taskCluster({ broker: RabbitmqCluster.of({ tls: OWN }) });
    expect(broker.hosts[2]).toBe(`tasks-broker-2.tasks-broker-nodes.${NAMESPACE}.svc:5671`);
    expect(broker.address).toBe(`tasks-broker.${NAMESPACE}.svc:5671`);
    expect(broker.managementUrl).toBe(`https://tasks-broker.${NAMESPACE}.svc:15671/`);
    expect(fileOf(render(OWN), 'tasks-flower-config', 'celeryconfig.py')).toContain(`@tasks-broker.${NAMESPACE}.svc:5671/tasks"`);
  });

  test('lets producers, KEDA, Prometheus and other nodes in where they connect', () => {
    const ports = portsLetIn(render(OWN), 'tasks-broker').flat();
    expect(new Set(ports)).toEqual(new Set([5671, 15671, 15691, 4369, 25672, 35672]));
    const both = portsLetIn(render({ ...OWN, plain: true }), 'tasks-broker').flat();
    expect(both).toEqual(expect.arrayContaining([5671, 5672, 15671, 15672, 15691, 15692]));
  });

  test('lists the Secret, which nobody can make up', () => {
    const { secrets } = taskCluster({ broker: RabbitmqCluster.of({ tls: ISSUED }) });
    expect(secrets).toContainEqual({ name: 'tasks-broker-tls', keys: { 'tls.crt': 'given', 'tls.key': 'given', 'ca.crt': 'given' } });
  });

  test('restarts the nodes when TLS changes', () =>
    expect(new Set([checksumOf(renderBroker()), checksumOf(render(OWN)), checksumOf(render({ ...OWN, interNode: true }))]).size).toBe(3));

  test('listens for HTTPS on both IP families where there may be two', () =>
    expect(confOf(render(OWN, { ipFamilies: ['IPv6'] }))).toMatch(/^management\.ssl\.ip = ::$/m));
});

describe('a certificate of cert-manager', () => {
  const specOf = (tls: TlsOptions) => find(render(tls), 'Certificate', 'tasks-broker').spec;

  test('is for every name that clients use', () =>
    expect(specOf(ISSUED)).toEqual({
      secretName: 'tasks-broker-tls',
      dnsNames: [
        'tasks-broker',
        `tasks-broker.${NAMESPACE}`,
        `tasks-broker.${NAMESPACE}.svc`,
        `tasks-broker.${NAMESPACE}.svc.cluster.local`,
        `*.tasks-broker-nodes.${NAMESPACE}`,
        `*.tasks-broker-nodes.${NAMESPACE}.svc`,
        `*.tasks-broker-nodes.${NAMESPACE}.svc.cluster.local`,
      ],
      duration: '2160h',
      renewBefore: '720h',
      usages: ['digital signature', 'key encipherment', 'server auth'],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { name: 'internal', kind: 'Issuer', group: 'cert-manager.io' },
    }));

  test('is also for nodes as clients of each other', () => {
    const { dnsNames, usages } = specOf({ ...ISSUED, interNode: true });
    expect(dnsNames).toEqual(expect.arrayContaining([0, 1, 2].map((node) => `tasks-broker-${node}.tasks-broker-nodes.${NAMESPACE}`)));
    expect(usages).toContain('client auth');
  });

  test('takes other names, domains, issuers and times', () => {
    const certManager = {
      issuer: 'vault',
      issuerKind: 'ClusterIssuer',
      issuerGroup: 'example.com',
      dnsNames: ['broker.example.com'],
      clusterDomain: 'example.internal',
      duration: '48h',
      renewBefore: '90m',
    };
    const { dnsNames, ...spec } = specOf({ certManager });
    expect(dnsNames).toEqual(expect.arrayContaining(['broker.example.com', `tasks-broker.${NAMESPACE}.svc.example.internal`]));
    expect(spec).toMatchObject({
      issuerRef: { name: 'vault', kind: 'ClusterIssuer', group: 'example.com' },
      duration: '48h',
      renewBefore: '90m',
    });
  });

  test('is not asked for where the Secret is there already', () =>
    expect(render(OWN).map(({ kind }) => kind)).not.toContain('Certificate'));
});

describe('TLS between nodes', () => {
  test('is known to the server and to its command line tools', () => {
    const { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: server, RABBITMQ_CTL_ERL_ARGS: tools } = environmentOf(
      serverOf(render({ ...OWN, interNode: true })),
    );
    expect(server).toBe('-proto_dist inet_tls -ssl_dist_optfile /etc/warren/broker/inter-node-tls.config');
    expect(tools).toBe(server);
  });

  test('goes over IPv6 where that is all there is', () => {
    const environment = environmentOf(serverOf(render({ ...OWN, interNode: true }, { ipFamilies: ['IPv6'] })));
    expect(environment['RABBITMQ_CTL_ERL_ARGS']).toMatch(/^-proto_dist inet6_tls -ssl_dist_optfile /);
    expect(environment['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS']).toMatch(/^-kernel inetrc '[^']+' -proto_dist inet6_tls /);
  });

  test('is not there unless asked for', () => {
    expect(environmentOf(serverOf(render(OWN)))).not.toHaveProperty('RABBITMQ_CTL_ERL_ARGS');
    expect(find(render(OWN), 'ConfigMap', 'tasks-broker-config').data).not.toHaveProperty('inter-node-tls.config');
  });
});

test.each<[problem: string, tls: unknown, line: RegExp]>([
  ['no certificate', {}, /^broker\.tls: got \{\} -> must say where the certificate comes from -> give secret/],
  ['plain alone', { plain: true }, /^broker\.tls: got .* -> must say where the certificate comes from/],
  ['two sources', { ...OWN, ...ISSUED }, /^broker\.tls\.secret: got "our-tls" -> must not be given together with certManager/],
  ['no issuer', { certManager: {} }, /^broker\.tls\.certManager\.issuer: got nothing -> must be the name of an issuer/],
  [
    'a bad duration',
    { certManager: { issuer: 'a', duration: '90d' } },
    /^broker\.tls\.certManager\.duration: got "90d" -> must be a duration/,
  ],
  [
    'an empty duration',
    { certManager: { issuer: 'a', duration: '' } },
    /^broker\.tls\.certManager\.duration: got "" -> must be a duration/,
  ],
  [
    'no DNS name',
    { certManager: { issuer: 'a', dnsNames: ['a b'] } },
    /^broker\.tls\.certManager\.dnsNames\[0\]: got "a b" -> must be a DNS name/,
  ],
  ['a bad name', { secret: 'Our TLS' }, /^broker\.tls\.secret: got "Our TLS" -> must be the name of a Secret/],
  ['a flag', true, /^broker\.tls: got true -> must be an object/],
  ['a flag that is text', { ...OWN, interNode: 'yes' }, /^broker\.tls\.interNode: got "yes" -> must be one of true, false/],
])('refuses TLS with %s', (_, tls, line) => expect(brokerProblems({ tls })).toEqual([expect.stringMatching(line)]));

test.each(['ssl_options.keyfile', 'management.ssl.certfile', 'prometheus.ssl.versions.3', 'ssl_options.fail_if_no_peer_cert'])(
  'refuses the setting %s, which follows from tls',
  (key) =>
    expect(brokerProblems({ configuration: { [key]: 'x' } })).toEqual([
      expect.stringMatching(/ -> is Warren's to set: the certificate .* -> set tls$/),
    ]),
);
