import { type QueueLimits, RabbitmqCluster, type RabbitmqClusterOptions, type Scale, type TaskClusterProps } from '../../constructs';

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

const EVERY_LIMIT: Required<QueueLimits> = {
  softTimeLimitSeconds: 50,
  hardTimeLimitSeconds: 70,
  gracePeriodSeconds: 100,
  consumerTimeoutSeconds: 300,
  scaleDownStabilizationSeconds: 40,
};

/** Every option of a scale that goes together with the others. */
const EVERY_SCALE_OPTION: Scale = {
  min: 0,
  max: 9,
  protocol: 'http',
  mode: 'QueueLength',
  latencyTargetSeconds: 60,
  meanTaskSeconds: 1.5,
  activationMessages: 2,
  pollingSeconds: 10,
  cooldownSeconds: 120,
  fallback: { failureThreshold: 5, replicas: 2 },
  triggers: [
    { type: 'cron', timezone: 'Europe/Berlin', start: '0 8 * * 1-5', end: '0 18 * * 1-5', replicas: 3 },
    { type: 'cpu', percent: 80 },
    { type: 'prometheus', serverAddress: 'https://prometheus.example.com', query: 'sum(oldest_task_seconds)', threshold: 2.5 },
  ],
  pause: 'scaleIn',
};

/** Every option that is for the whole system; the image of the broker is the mirror's. */
export const EVERY_OPTION: Partial<TaskClusterProps> = {
  broker: RabbitmqCluster.of(EVERY_BROKER_OPTION),
  queues: {
    small: { maxTaskSeconds: 30, deliveryLimit: 5, priority: 3, messageTtlSeconds: 60, maxLength: 100 },
    large: { limits: EVERY_LIMIT },
  },
  workers: {
    all: { queues: ['small', 'large'], concurrency: 4, scale: EVERY_SCALE_OPTION },
    one: { queues: ['small'], scale: { min: 1, max: 9, mode: 'MessageRate', meanTaskSeconds: 2, fallback: false, pause: { replicas: 2 } } },
    amqp: { queues: ['small'], scale: { min: 0, max: 9, protocol: 'amqp', messagesPerWorker: 3, activationMessages: 1 } },
    cpu: { queues: ['large'], hpa: { min: 1, max: 4, cpuPercent: 60 } },
    long: {
      queues: ['large', 'small'],
      jobs: { max: 5, pollingSeconds: 20, backoffLimit: 1, history: { successful: 1, failed: 2 }, ttlSeconds: 600, pause: true },
    },
  },
  budget: { connections: 1000, tasks: 1000 },
  flower: {},
  registry: 'mirror.example.com/hub',
  imagePullSecrets: ['mirror-login'],
  imagePullPolicy: 'Always',
  labels: { 'example.com/team': 'search' },
  annotations: { 'example.com/runbook': 'https://example.com/tasks' },
};

/** A single node without a volume claim. */
export const EPHEMERAL: Partial<TaskClusterProps> = { broker: RabbitmqCluster.of({ nodes: 1, ephemeral: true }) };
