import { RabbitmqCluster, type RabbitmqClusterOptions, type TaskClusterProps } from '../../constructs';

/** Every option of a broker that goes together with the others. */
export const EVERY_BROKER_OPTION: RabbitmqClusterOptions = {
  nodes: 5,
  version: '4.2',
  patch: '4.2.3',
  allowVulnerable: true,
  resources: { cpu: '2', memory: '4Gi' },
  storage: '50Gi',
  storageClass: 'fast',
  retention: { whenDeleted: 'Delete', whenScaled: 'Delete' },
  permitTransientQueues: true,
  plugins: ['rabbitmq_shovel'],
  configuration: { channel_max: '128' },
  podLabels: { mesh: 'off' },
  podAnnotations: { 'example.com/inject': 'false' },
  nodeSelector: { 'example.com/pool': 'queues' },
  tolerations: [{ key: 'dedicated', value: 'queues', effect: 'NoExecute', tolerationSeconds: 60 }],
  antiAffinity: 'preferred',
  zoneSpread: 'DoNotSchedule',
  priorityClassName: 'queues',
  service: { type: 'LoadBalancer', annotations: { 'example.com/scheme': 'internal' } },
  ipFamilyPolicy: 'SingleStack',
  ipFamilies: ['IPv6'],
  quorumWaitSeconds: 60,
  terminationGracePeriodSeconds: 300,
};

/** Every option that is for the whole system; the image of the broker is the mirror's. */
export const EVERY_OPTION: Partial<TaskClusterProps> = {
  broker: RabbitmqCluster.of(EVERY_BROKER_OPTION),
  queues: {
    small: { maxTaskSeconds: 30, deliveryLimit: 5, priority: 3, messageTtlSeconds: 60, maxLength: 100, topics: ['order.#'] },
    large: {},
  },
  broadcasts: ['reload'],
  workers: { all: { queues: ['small', 'large'], broadcasts: ['reload'], scale: { min: 0, max: 9 } } },
  flower: {},
  results: {
    redis: {
      host: 'cache.example.com',
      port: 6380,
      tls: true,
      secret: 'our-redis',
      database: 2,
      expireSeconds: 3600,
      network: { cidr: '203.0.113.0/24', ports: [6380] },
    },
  },
  registry: 'mirror.example.com/hub',
  imagePullSecrets: ['mirror-login'],
  imagePullPolicy: 'Always',
  labels: { 'example.com/team': 'search' },
  annotations: { 'example.com/runbook': 'https://example.com/tasks' },
};

/** A single node without a volume claim. */
export const EPHEMERAL: Partial<TaskClusterProps> = { broker: RabbitmqCluster.of({ nodes: 1, ephemeral: true }) };
