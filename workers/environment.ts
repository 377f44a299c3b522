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
  /** Broadcasts this worker listens to, comma-separated; without it, none. */
  broadcasts: 'WARREN_BROADCASTS',
  /** Tasks at once. */
  concurrency: 'WARREN_CONCURRENCY',
  /** Celery node name, `group@pod`. */
  nodeName: 'WARREN_NODE_NAME',
  /** Port of /livez and /readyz. */
  healthPort: 'WARREN_HEALTH_PORT',
  /** Seconds that running tasks get after SIGTERM. */
  drainSeconds: 'WARREN_DRAIN_SECONDS',
  /** Tasks to run before the process ends by itself; without it, it goes on. */
  maxTasks: 'WARREN_MAX_TASKS',
} as const;

export type EnvironmentVariable = (typeof ENVIRONMENT)[keyof typeof ENVIRONMENT];

/** Set beside the others where results are kept. */
export const RESULTS_ENVIRONMENT = {
  /** Where results go: `rpc` or `redis`; without it, `rpc`. */
  backend: 'WARREN_RESULT_BACKEND',
  /** `redis://host:port/database`, or `rediss://` for TLS; without user and password. */
  redisUrl: 'WARREN_REDIS_URL',
  /** Folder with the files `username`, `password` and, if its certificate needs it, `ca.crt`; read again at every connect. */
  redisCredentials: 'WARREN_REDIS_CREDENTIALS',
  /** Seconds until Redis forgets a result; 0: never. */
  expires: 'WARREN_RESULT_EXPIRES',
} as const;

export type ResultsVariable = (typeof RESULTS_ENVIRONMENT)[keyof typeof RESULTS_ENVIRONMENT];

/** The environment variables of the topology Job. */
export const TOPOLOGY_ENVIRONMENT = {
  /** Path of the mounted definitions.json. */
  definitions: 'WARREN_DEFINITIONS',
  /** Folder with a folder for each broker user, each with the files `username` and `password`. */
  users: 'WARREN_BROKER_USERS',
  /** The user that may change everything. */
  admin: 'WARREN_BROKER_ADMIN',
  /** Root of the management API. */
  managementUrl: 'WARREN_MANAGEMENT_URL',
  /** Broker nodes that must run before anything is changed. */
  nodes: 'WARREN_BROKER_NODES',
} as const;

/** The environment variable of the Job that creates Secrets. */
export const SECRETS_ENVIRONMENT = {
  /** The declared Secrets, as JSON. */
  secrets: 'WARREN_DECLARATIONS',
} as const;
