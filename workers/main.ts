#!/usr/bin/env node
/** Entry point of the worker image. */
import { join } from 'node:path';
import { secretsMain } from './run-secrets';
import { topologyMain } from './run-topology';
import { runWorker } from './run-worker';

const USAGE = `usage: main.js worker|topology|secrets

worker: runs the tasks of workers/tasks/. Settings come from the environment:
  WARREN_TOPOLOGY             path of the mounted topology.json
  WARREN_BROKER_HOSTS         host:port of the broker's nodes, comma-separated
  WARREN_BROKER_CREDENTIALS   folder with the files username and password
  WARREN_BROKER_TLS_CA        speak TLS and trust this PEM file, or system (default: no TLS)
  WARREN_QUEUES               queues to consume, comma-separated
  WARREN_BROADCASTS           broadcasts to listen to, comma-separated (default none)
  WARREN_CONCURRENCY          tasks at once (default 1)
  WARREN_NODE_NAME            Celery node name (default celery@<host name>)
  WARREN_HEALTH_PORT          port of /livez and /readyz (default 8080)
  WARREN_DRAIN_SECONDS        seconds running tasks get after SIGTERM (default 60)
  WARREN_SERVICE_ACCOUNT      folder with token, namespace and ca.crt, to write the pod's deletion cost (default: not written)
  WARREN_POD                  name of the pod, with WARREN_SERVICE_ACCOUNT
  WARREN_MAX_TASKS            tasks to run before it ends by itself (default: no end)
  WARREN_IDLE_SECONDS         seconds without a task after which it ends by itself (default: no end)
  WARREN_REMOTE_CONTROL       commands of Celery's remote control: all, read-only or off (default all)
  WARREN_TASK_EVENTS          true: task events are sent without being asked for (default false)
  WARREN_MAX_TASKS_PER_CHILD  tasks after which a thread or child process is replaced (default: never)
  WARREN_MAX_MEMORY_PER_CHILD_MIB  memory over which it is replaced after a task: a thread's heap, a child's all (default: no limit)
  WARREN_THREAD_HEAP_MIB      largest heap of a thread; a task that needs more loses its thread (default: Node's own)
  WARREN_RESULT_BACKEND       where results go: rpc, to the caller only (default), or redis
  WARREN_REDIS_URL            redis://host:port/database, or rediss:// for TLS, without user and password
  WARREN_REDIS_CREDENTIALS    folder with the files username, password and, for an authority of your own, ca.crt (default: no login)
  WARREN_RESULT_EXPIRES       seconds until Redis forgets a result; 0 never (default 86400)
  LOG_LEVEL                   trace, debug, info, warn, error (default info)

topology: brings the running broker to the declared topology and verifies it; the rendered Job runs it.
secrets: creates the Secrets that do not exist yet; the rendered Job runs it.
`;

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  worker: () => runWorker({ tasks: join(__dirname, 'tasks') }),
  topology: topologyMain,
  secrets: secretsMain,
};

const [command = '', ...rest] = process.argv.slice(2);
const run = rest.length === 0 && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
if (run) {
  void run();
} else {
  const asked = command === '--help' || rest.includes('--help');
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : 2;
}
