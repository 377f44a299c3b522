import {
  ENVIRONMENT,
  LOG_ENVIRONMENT,
  LOG_LEVELS,
  RESULTS_ENVIRONMENT,
  SECRETS_ENVIRONMENT,
  TLS_ENVIRONMENT,
  TOPOLOGY_ENVIRONMENT,
} from './environment';

interface Group {
  readonly title: string;
  /** Name and meaning. */
  readonly variables: readonly (readonly [name: string, meaning: string])[];
}

const WORKER: readonly Group[] = [
  {
    title: 'broker',
    variables: [
      [ENVIRONMENT.topology, 'path of the mounted topology.json'],
      [ENVIRONMENT.brokerHosts, "host:port of the broker's nodes, comma-separated"],
      [ENVIRONMENT.brokerCredentials, 'folder with the files username and password'],
      [TLS_ENVIRONMENT.ca, 'speak TLS and trust this PEM file, or system (default: no TLS)'],
    ],
  },
  {
    title: 'what it takes',
    variables: [
      [ENVIRONMENT.queues, 'queues to consume, comma-separated'],
      [ENVIRONMENT.broadcasts, 'broadcasts to listen to, comma-separated (default: none)'],
      [ENVIRONMENT.concurrency, 'tasks at once (default 1)'],
    ],
  },
  {
    title: 'how it ends',
    variables: [
      [ENVIRONMENT.drainSeconds, 'seconds running tasks get after SIGTERM (default 60)'],
      [ENVIRONMENT.maxTasks, 'tasks to run before it ends by itself (default: no end)'],
      [ENVIRONMENT.idleSeconds, 'seconds without a task after which it ends by itself (default: no end)'],
    ],
  },
  {
    title: 'threads and child processes',
    variables: [
      [ENVIRONMENT.maxTasksPerChild, 'tasks after which one is replaced (default: never)'],
      [
        ENVIRONMENT.maxMemoryPerChildMib,
        "memory over which one is replaced after a task: a thread's heap, all of a child (default: no limit)",
      ],
      [ENVIRONMENT.threadHeapMib, "largest heap of a thread; a task that needs more loses its thread (default: Node's own)"],
    ],
  },
  {
    title: 'results',
    variables: [
      [RESULTS_ENVIRONMENT.backend, 'where they go: rpc, to the caller only (default), or redis'],
      [RESULTS_ENVIRONMENT.redisUrl, 'redis://host:port/database, or rediss:// for TLS, without user and password'],
      [
        RESULTS_ENVIRONMENT.redisCredentials,
        'folder with the files username, password and, for an authority of your own, ca.crt (default: no login)',
      ],
      [RESULTS_ENVIRONMENT.expires, 'seconds until Redis forgets a result; 0 never (default 86400)'],
    ],
  },
  {
    title: 'how it is seen and steered',
    variables: [
      [ENVIRONMENT.nodeName, 'Celery node name (default celery@<host name>)'],
      [ENVIRONMENT.healthPort, 'port of /livez, /readyz and /metrics (default 8080)'],
      [ENVIRONMENT.remoteControl, "commands of Celery's remote control: all, read-only or off (default all)"],
      [ENVIRONMENT.taskEvents, 'true: task events are sent without being asked for (default false)'],
      [ENVIRONMENT.serviceAccount, "folder with token, namespace and ca.crt, to write the pod's deletion cost (default: not written)"],
      [ENVIRONMENT.pod, `name of the pod, with ${ENVIRONMENT.serviceAccount}`],
      [LOG_ENVIRONMENT.level, `${LOG_LEVELS.join(', ')} (default info)`],
    ],
  },
];

const TOPOLOGY: Group = {
  title: 'topology: brings the running broker to the declared topology and verifies it; the rendered Job runs it',
  variables: [
    [TOPOLOGY_ENVIRONMENT.definitions, 'path of the mounted definitions.json'],
    [TOPOLOGY_ENVIRONMENT.users, 'folder with a folder for each broker user, each with the files username and password'],
    [TOPOLOGY_ENVIRONMENT.admin, 'the user that may change everything'],
    [TOPOLOGY_ENVIRONMENT.managementUrl, 'root of the management API'],
    [TOPOLOGY_ENVIRONMENT.nodes, 'broker nodes that must run before anything is changed'],
    [TLS_ENVIRONMENT.ca, 'as above'],
  ],
};

const SECRETS: Group = {
  title: 'secrets: creates the Secrets that do not exist yet; the rendered Job runs it',
  variables: [[SECRETS_ENVIRONMENT.secrets, 'the declared Secrets, as JSON']],
};

/** What `--help` prints. */
export const USAGE = `usage: main.js worker|topology|secrets

Settings come from the environment. An empty variable is one that is not set.

worker: runs the tasks of workers/tasks/

${WORKER.map(shown).join('\n')}
${shown(TOPOLOGY)}
${shown(SECRETS)}`;

function shown({ title, variables }: Group): string {
  const width = Math.max(...variables.map(([name]) => name.length)) + 2;
  return `${title}\n${variables.map(([name, meaning]) => `  ${name.padEnd(width)}${meaning}\n`).join('')}`;
}
