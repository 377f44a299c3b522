import { setTimeout } from 'node:timers/promises';
import { errorReply } from '../celery/control';
import { errorMessage } from '../error-message';
import type { Command, CommandArguments, CommandContext, Commands } from './command';
import { EVENT_COMMANDS } from './commands/events';
import { INSPECT_COMMANDS } from './commands/inspect';
import { LIMIT_COMMANDS } from './commands/limits';
import { NODE_COMMANDS } from './commands/node';
import { POOL_COMMANDS } from './commands/pool';
import { REVOKE_COMMANDS } from './commands/revoke';
import { CommandError } from './controlled-worker';

export const COMMANDS: Commands = {
  ...NODE_COMMANDS,
  ...INSPECT_COMMANDS,
  ...REVOKE_COMMANDS,
  ...LIMIT_COMMANDS,
  ...POOL_COMMANDS,
  ...EVENT_COMMANDS,
};

/** Whoever asked has gone by then. */
const TIMEOUT_MS = 5000;

/** Carries a command out. Never throws: what goes wrong is the answer. */
export async function dispatch(context: CommandContext, method: string, args: CommandArguments): Promise<unknown> {
  try {
    const command = Object.hasOwn(COMMANDS, method) ? COMMANDS[method] : undefined;
    if (!command) throw new CommandError('KeyError', method);
    if (command.changes && !context.mayChange)
      throw new CommandError('PermissionError', `${method}: remote control of this worker is read-only`);
    checkRequired(method, command, args);
    return await inTime(command.run(context, args));
  } catch (error) {
    return error instanceof CommandError ? errorReply(error.type, error.message) : errorReply('RuntimeError', errorMessage(error));
  }
}

/** With Python's words, which are what a caller of Celery's control expects. */
function checkRequired(method: string, { required = [] }: Command, args: CommandArguments): void {
  const missing = required.filter((name) => !Object.hasOwn(args, name)).map((name) => `'${name}'`);
  if (missing.length === 0) return;
  const [plural, listed] = missing.length === 1 ? ['', missing[0]] : ['s', missing.join(' and ')];
  throw new CommandError('TypeError', `${method}() missing ${missing.length} required positional argument${plural}: ${listed}`);
}

async function inTime(answer: unknown): Promise<unknown> {
  if (!(answer instanceof Promise)) return answer;
  const timer = new AbortController();
  const late = setTimeout(TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new CommandError('TimeoutError', `not done within ${TIMEOUT_MS / 1000} s`);
  });
  try {
    return await Promise.race([answer as Promise<unknown>, late]);
  } finally {
    timer.abort();
  }
}
