import { k8s } from 'cdk8s-plus-27';
import {
  type FlowerOptions,
  type QueueLimits,
  RabbitmqCluster,
  type RabbitmqClusterOptions,
  type Scale,
  type TaskClusterProps,
  type WorkerOptions,
} from '../../constructs';
import { type Manifest, NAMESPACE } from './manifests';

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
  tls: {
    certManager: {
      issuer: 'internal',
      issuerKind: 'ClusterIssuer',
      issuerGroup: 'cert-manager.io',
      dnsNames: ['broker.example.com'],
      clusterDomain: 'example.internal',
      duration: '720h',
      renewBefore: '240h',
    },
    plain: true,
    interNode: true,
  },
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

/** Every option of a worker group's pods that goes together with the others. */
export const EVERY_WORKER_OPTION: WorkerOptions = {
  rollout: {
    strategy: 'RollingUpdate',
    maxSurge: 2,
    maxUnavailable: '10%',
    minReadySeconds: 5,
    progressDeadlineSeconds: 300,
    revisionHistoryLimit: 3,
  },
  probes: {
    startup: { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 90 },
    readiness: { periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 3 },
    liveness: { periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 3, terminationGracePeriodSeconds: 5 },
  },
  disruptionBudget: { maxUnavailable: '25%', unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
  children: { maxTasks: 1000, maxMemory: '512Mi' },
  safeToEvict: false,
  waitForBroker: true,
  nodeSelector: { 'example.com/pool': 'tasks' },
  tolerations: [{ key: 'dedicated', value: 'tasks', effect: 'NoSchedule' }],
  priorityClassName: 'tasks',
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 10, preference: { matchExpressions: [{ key: 'example.com/spot', operator: 'In', values: ['true'] }] } },
      ],
    },
  },
  runtimeClassName: 'gvisor',
  nodeSpread: 'DoNotSchedule',
  zoneSpread: 'DoNotSchedule',
  env: { SHOP_URL: 'https://shop.example.com/$(POD_NAME)', MODEL: '/var/lib/models/small.bin' },
  secretEnv: { SHOP_KEY: { secret: 'shop', key: 'api-key' } },
  nodeOptions: ['--enable-source-maps'],
  secretFiles: ['shop', 'mail.example.com'],
  temporaryStorage: '1Gi',
  volumes: [
    { name: 'models', persistentVolumeClaim: { claimName: 'models', readOnly: true } },
    { name: 'proxy', configMap: { name: 'proxy' } },
    { name: 'socket', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Mi') } },
  ],
  volumeMounts: [
    { name: 'models', mountPath: '/var/lib/models', readOnly: true },
    { name: 'socket', mountPath: '/run/proxy' },
  ],
  containers: [
    {
      name: 'proxy',
      image: 'registry.example.com/proxy:1.0.0',
      resources: { cpu: '10m', memory: '32Mi' },
      ports: [{ name: 'database', containerPort: 5432 }],
      livenessProbe: { tcpSocket: { port: k8s.IntOrString.fromString('database') } },
      readinessProbe: { exec: { command: ['/usr/bin/proxy', 'ready'] } },
      volumeMounts: [
        { name: 'proxy', mountPath: '/etc/proxy', readOnly: true },
        { name: 'socket', mountPath: '/run/proxy' },
      ],
    },
  ],
  initContainers: [{ name: 'warm-up', image: 'registry.example.com/warm-up:1.0.0', resources: { cpu: '10m', memory: '32Mi' } }],
  podLabels: { 'azure.workload.identity/use': 'true' },
  podAnnotations: { 'karpenter.sh/do-not-disrupt': 'true' },
  imagePullSecrets: ['worker-login'],
  serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/tasks' },
  hostAliases: [{ ip: '192.0.2.1', hostnames: ['legacy.example.com'] }],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }], searches: ['example.com'] },
};

/** What is the user's own, in the namespace before anything of Warren. */
export const OWN_OBJECTS: Manifest[] = [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop', namespace: NAMESPACE } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mail.example.com', namespace: NAMESPACE } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'proxy', namespace: NAMESPACE }, data: {} },
];

export const EVERY_FLOWER_OPTION: FlowerOptions = {
  image: 'registry.example.com/flower:2.2.0',
  readOnly: false,
  resources: { cpu: '200m', memory: '512Mi' },
  storage: '2Gi',
  storageClass: 'fast',
  nodeSelector: { 'example.com/pool': 'pages' },
  tolerations: [{ operator: 'Exists' }],
  priorityClassName: 'pages',
  affinity: { nodeAffinity: {} },
  runtimeClassName: 'gvisor',
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
    small: { maxTaskSeconds: 30, deliveryLimit: 5, priority: 3, messageTtlSeconds: 60, maxLength: 100, topics: ['order.#'] },
    large: { limits: EVERY_LIMIT },
  },
  broadcasts: ['reload'],
  workers: {
    all: {
      queues: ['small', 'large'],
      broadcasts: ['reload'],
      concurrency: 4,
      scale: EVERY_SCALE_OPTION,
      resources: { cpu: '1', memory: '1Gi' },
      image: 'registry.example.com/worker-all:1.0.0',
      ...EVERY_WORKER_OPTION,
    },
    other: { queues: ['large'], replicas: 2, rollout: { strategy: 'Recreate' } },
    one: { queues: ['small'], scale: { min: 1, max: 9, mode: 'MessageRate', meanTaskSeconds: 2, fallback: false, pause: { replicas: 2 } } },
    amqp: { queues: ['small'], scale: { min: 0, max: 9, protocol: 'amqp', messagesPerWorker: 3, activationMessages: 1 } },
    cpu: { queues: ['large'], hpa: { min: 1, max: 4, cpuPercent: 60 } },
    long: {
      queues: ['large', 'small'],
      jobs: { max: 5, pollingSeconds: 20, backoffLimit: 1, history: { successful: 1, failed: 2 }, ttlSeconds: 600, pause: true },
    },
  },
  budget: { connections: 1000, tasks: 1000 },
  flower: EVERY_FLOWER_OPTION,
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

/** A certificate that is there already, and no plain port. */
export const TLS_ONLY: Partial<TaskClusterProps> = { ...EVERY_OPTION, broker: RabbitmqCluster.of({ tls: { secret: 'our-tls' } }) };

/** A single node without a volume claim. */
export const EPHEMERAL: Partial<TaskClusterProps> = { broker: RabbitmqCluster.of({ nodes: 1, ephemeral: true }) };
