/** The environment variables of a worker's pod: constructs set them, `configFromEnvironment` reads them. */
export const ENVIRONMENT = {
  /** Path of the mounted topology.json. */
  topology: 'WARREN_TOPOLOGY',
  /** `host:port` of the broker's nodes, comma-separated. */
  brokerHosts: 'WARREN_BROKER_HOSTS',
  /** Folder with the files `username` and `password`; read again at every connect, so a rotated Secret is picked up. */
  brokerCredentials: 'WARREN_BROKER_CREDENTIALS',
  /** Queues this worker consumes, comma-separated. */
  queues: 'WARREN_QUEUES',
  /** Tasks at once. */
  concurrency: 'WARREN_CONCURRENCY',
  /** Celery node name, `group@pod`. */
  nodeName: 'WARREN_NODE_NAME',
  /** Port of /livez and /readyz. */
  healthPort: 'WARREN_HEALTH_PORT',
  /** Seconds that running tasks get after SIGTERM. */
  drainSeconds: 'WARREN_DRAIN_SECONDS',
} as const;

export type EnvironmentVariable = (typeof ENVIRONMENT)[keyof typeof ENVIRONMENT];
