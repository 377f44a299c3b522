#!/usr/bin/env node
/** Entry point of the worker image. */
import { join } from 'node:path';
import { runWorker } from './run-worker';

const USAGE = `usage: main.js worker

Runs the tasks of workers/tasks/. Settings come from the environment:
  WARREN_TOPOLOGY             path of the mounted topology.json
  WARREN_BROKER_HOSTS         host:port of the broker's nodes, comma-separated
  WARREN_BROKER_CREDENTIALS   folder with the files username and password
  WARREN_QUEUES               queues to consume, comma-separated
  WARREN_CONCURRENCY          tasks at once (default 1)
  WARREN_NODE_NAME            Celery node name (default celery@<host name>)
  WARREN_HEALTH_PORT          port of /livez and /readyz (default 8080)
  WARREN_DRAIN_SECONDS        seconds running tasks get after SIGTERM (default 60)
  LOG_LEVEL                   trace, debug, info, warn, error (default info)
`;

const [command, ...rest] = process.argv.slice(2);
if (command === 'worker' && rest.length === 0) {
  void runWorker({ tasks: join(__dirname, 'tasks') });
} else {
  const asked = command === '--help' || rest.includes('--help');
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : 2;
}
