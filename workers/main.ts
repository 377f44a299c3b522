#!/usr/bin/env node
/** Entry point of the worker image. */
import { join } from 'node:path';
import { secretsMain } from './run-secrets';
import { topologyMain } from './run-topology';
import { runWorker } from './run-worker';
import { USAGE } from './usage';

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
