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
  /** Port of /livez, /readyz and /metrics. */
  healthPort: 'WARREN_HEALTH_PORT',
  /** Seconds that running tasks get after SIGTERM. */
  drainSeconds: 'WARREN_DRAIN_SECONDS',
  /** Name of the worker's own pod, where it may write its deletion cost. */
  pod: 'WARREN_POD',
  /** Folder with the files `token`, `namespace` and `ca.crt` of a service account that may patch the pod; without it, no deletion cost. */
  serviceAccount: 'WARREN_SERVICE_ACCOUNT',
  /** Tasks to run before the process ends by itself; without it, it goes on. */
  maxTasks: 'WARREN_MAX_TASKS',
  /** Seconds without a task after which the process ends by itself; without it, it waits for ever. */
  idleSeconds: 'WARREN_IDLE_SECONDS',
  /** Which commands of Celery's remote control are carried out: `all`, `read-only` or `off`. */
  remoteControl: 'WARREN_REMOTE_CONTROL',
  /** `true`: send task events always, `false`: when a monitor has asked for them. */
  taskEvents: 'WARREN_TASK_EVENTS',
  /** Tasks after which a thread or child process is replaced. */
  maxTasksPerChild: 'WARREN_MAX_TASKS_PER_CHILD',
  /** Memory in MiB over which a thread (its heap) or child process (all of it) is replaced after a task. */
  maxMemoryPerChildMib: 'WARREN_MAX_MEMORY_PER_CHILD_MIB',
  /** Largest heap of a thread in MiB; a task that needs more loses its thread. */
  threadHeapMib: 'WARREN_THREAD_HEAP_MIB',
} as const;

/**
 * What others may do with a worker by Celery's remote control:
 * - `all`: every command is carried out
 * - `read-only`: only commands that change nothing; nobody can revoke a task
 * - `off`: no command is received; events are sent all the same
 */
export const REMOTE_CONTROL_MODES = ['all', 'read-only', 'off'] as const;
export type RemoteControlMode = (typeof REMOTE_CONTROL_MODES)[number];

export type EnvironmentVariable = (typeof ENVIRONMENT)[keyof typeof ENVIRONMENT];

/** Set beside the others where the broker speaks TLS. */
export const TLS_ENVIRONMENT = {
  /** Path of a PEM file with the authorities that vouch for the broker, read again at every connect; `system`: those of Node.js. */
  ca: 'WARREN_BROKER_TLS_CA',
} as const;

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

/** How much is logged; all commands read it. */
export const LOG_ENVIRONMENT = { level: 'LOG_LEVEL' } as const;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
