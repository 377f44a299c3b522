import { SECRETS_ANNOTATION } from '../../constructs/task-cluster';
import type { SecretDeclaration } from '../../constructs';
import type { Manifest } from './manifests';

/** Keys by which lists of a pod are merged (Kubernetes API, strategic merge patch). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  initContainers: 'name',
  containers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
};

/**
 * The objects that the RabbitMQ cluster operator makes of a RabbitmqCluster, as far as Warren relies on them, after the operator's
 * documentation: names, labels, ports and mounts. It stands in for the operator, which no test runs.
 */
export function operatorObjects({ metadata, spec }: Manifest): Manifest[] {
  const { name, namespace } = metadata;
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': 'rabbitmq', 'app.kubernetes.io/part-of': 'rabbitmq' };
  const selector = { 'app.kubernetes.io/name': name };
  const about = (suffix: string) => ({ name: `${name}${suffix}`, namespace, labels });
  const ports = (numbers: Record<string, number>) =>
    Object.entries(numbers).map(([port, number]) => ({ name: port, port: number, targetPort: number }));
  const { template, ...override } = spec.override.statefulSet.spec;
  const { epmd: _, 'cluster-rpc': __, ...clientPorts } = portsOf(spec);
  return [
    configMap(
      { ...about('-server-conf'), annotations: { [SECRETS_ANNOTATION]: JSON.stringify(cookieOf(name)) } },
      {
        'operatorDefaults.conf': [
          `cluster_name = ${name}`,
          'cluster_formation.peer_discovery_backend = rabbit_peer_discovery_k8s',
          `cluster_formation.target_cluster_size_hint = ${spec.replicas}`,
          '',
        ].join('\n'),
        'userDefinedConfiguration.conf': `${spec.tls ? TLS_CONF : ''}${spec.rabbitmq.additionalConfig}`,
      },
    ),
    configMap(about('-plugins-conf'), { enabled_plugins: '[rabbitmq_peer_discovery_k8s,rabbitmq_prometheus,rabbitmq_management].' }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: about(''),
      spec: { selector, ports: ports(clientPorts) },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: about('-nodes'),
      spec: { selector, clusterIP: 'None', publishNotReadyAddresses: true, ports: ports({ epmd: 4369, 'cluster-rpc': 25672 }) },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: about('-server'),
      spec: {
        replicas: spec.replicas,
        serviceName: `${name}-nodes`,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: selector },
        ...override,
        template: { metadata: { labels, ...template.metadata }, spec: merge(podOf(name, spec), template.spec) },
        volumeClaimTemplates: [
          {
            metadata: { name: 'persistence' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: spec.persistence.storageClassName,
              resources: { requests: { storage: spec.persistence.storage } },
            },
          },
        ],
      },
    },
  ];
}

/** What the operator writes about TLS before our lines. */
const TLS_CONF = ['ssl_options', 'management.ssl', 'prometheus.ssl']
  .flatMap((listener) => [`${listener}.certfile = /etc/rabbitmq-tls/tls.crt`, `${listener}.keyfile = /etc/rabbitmq-tls/tls.key`])
  .concat('listeners.ssl.default = 5671', 'management.ssl.port = 15671', 'prometheus.ssl.port = 15691', '')
  .join('\n');

/** Ports of a pod by name. */
function portsOf({ tls }: any): Record<string, number> {
  return {
    epmd: 4369,
    'cluster-rpc': 25672,
    ...(!tls?.disableNonTLSListeners && { amqp: 5672, management: 15672, prometheus: 15692 }),
    ...(tls && { amqps: 5671, 'management-tls': 15671, 'prometheus-tls': 15691 }),
  };
}

/** The Secret that the operator makes itself. */
function cookieOf(name: string): Record<string, SecretDeclaration['keys']> {
  return { [`${name}-erlang-cookie`]: { '.erlang.cookie': 'random' } };
}

function configMap(metadata: Manifest['metadata'], data: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

function podOf(name: string, spec: any) {
  const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const conf = (file: string, path: string) => ({ name: 'rabbitmq-confd', mountPath: `/etc/rabbitmq/conf.d/${path}`, subPath: file });
  return {
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    affinity: spec.affinity,
    securityContext: { fsGroup: 0, runAsUser: 999, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [
      {
        name: 'setup-container',
        image: spec.image,
        command: [
          'sh',
          '-c',
          'cp /tmp/erlang-cookie-secret/.erlang.cookie /var/lib/rabbitmq/ && chmod 600 /var/lib/rabbitmq/.erlang.cookie; cp /tmp/rabbitmq-plugins/enabled_plugins /operator/',
        ],
        resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '64Mi' } },
        securityContext: restricted,
        volumeMounts: [
          { name: 'plugins-conf', mountPath: '/tmp/rabbitmq-plugins' },
          { name: 'rabbitmq-erlang-cookie', mountPath: '/var/lib/rabbitmq' },
          { name: 'erlang-cookie-secret', mountPath: '/tmp/erlang-cookie-secret' },
          { name: 'rabbitmq-plugins', mountPath: '/operator' },
        ],
      },
    ],
    containers: [
      {
        name: 'rabbitmq',
        image: spec.image,
        resources: spec.resources,
        env: [
          { name: 'MY_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'MY_POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          { name: 'K8S_SERVICE_NAME', value: `${name}-nodes` },
          { name: 'RABBITMQ_ENABLED_PLUGINS_FILE', value: '/operator/enabled_plugins' },
          { name: 'RABBITMQ_USE_LONGNAME', value: 'true' },
          { name: 'RABBITMQ_NODENAME', value: 'rabbit@$(MY_POD_NAME).$(K8S_SERVICE_NAME).$(MY_POD_NAMESPACE)' },
        ],
        ports: Object.entries(portsOf(spec)).map(([port, containerPort]) => ({
          name: port,
          containerPort,
        })),
        startupProbe: {
          httpGet: { path: '/api/health/checks/reached-target-cluster-size', port: spec.tls ? 'management-tls' : 'management' },
          failureThreshold: 30,
        },
        readinessProbe: { tcpSocket: { port: spec.tls?.disableNonTLSListeners ? 'amqps' : 'amqp' } },
        securityContext: restricted,
        volumeMounts: [
          { name: 'rabbitmq-erlang-cookie', mountPath: '/var/lib/rabbitmq' },
          { name: 'persistence', mountPath: '/var/lib/rabbitmq/mnesia' },
          { name: 'rabbitmq-plugins', mountPath: '/operator' },
          conf('operatorDefaults.conf', '10-operatorDefaults.conf'),
          conf('userDefinedConfiguration.conf', '90-userDefinedConfiguration.conf'),
          { name: 'pod-info', mountPath: '/etc/pod-info' },
          ...(spec.tls ? [{ name: 'rabbitmq-tls', mountPath: '/etc/rabbitmq-tls' }] : []),
        ],
      },
    ],
    volumes: [
      { name: 'plugins-conf', configMap: { name: `${name}-plugins-conf` } },
      { name: 'rabbitmq-confd', configMap: { name: `${name}-server-conf` } },
      { name: 'rabbitmq-erlang-cookie', emptyDir: {} },
      { name: 'erlang-cookie-secret', secret: { secretName: `${name}-erlang-cookie` } },
      { name: 'rabbitmq-plugins', emptyDir: {} },
      ...(spec.tls ? [{ name: 'rabbitmq-tls', secret: { secretName: spec.tls.secretName } }] : []),
      {
        name: 'pod-info',
        downwardAPI: { items: [{ path: 'skipPreStopChecks', fieldRef: { fieldPath: "metadata.labels['skipPreStopChecks']" } }] },
      },
    ],
  };
}

/** Strategic merge: objects field by field, the lists above by their key, other values replaced. */
function merge(original: any, patch: any, field = ''): any {
  const key = MERGE_KEYS[field];
  if (Array.isArray(original) && key !== undefined) {
    const patched = original.map((each) => merge(each, patch.find((other: any) => other[key] === each[key]) ?? {}));
    return [...patched, ...patch.filter((other: any) => !original.some((each) => each[key] === other[key]))];
  }
  if (typeof original !== 'object' || Array.isArray(original) || typeof patch !== 'object') return patch;
  const fields = [...new Set([...Object.keys(original), ...Object.keys(patch)])];
  return Object.fromEntries(
    fields.map((each) => [
      each,
      each in original && each in patch ? merge(original[each], patch[each], each) : (patch[each] ?? original[each]),
    ]),
  );
}
