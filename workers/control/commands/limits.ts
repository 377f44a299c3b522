import { pythonRepr } from '../../celery/repr';
import { rateIn, secondsIn } from '../arguments';
import { type Command, type CommandArguments, type CommandContext, type Commands, ok } from '../command';
import { CommandError } from '../controlled-worker';

const UNKNOWN_TASK = { error: 'unknown task' };

function isKnown({ worker }: CommandContext, name: unknown): name is string {
  return worker.tasks().some((task) => task.name === name);
}

const rateLimit: Command = {
  required: ['task_name', 'rate_limit'],
  changes: true,
  run: (context, { task_name: name, rate_limit: value }) => {
    const rate = rateOf(value);
    if (rate instanceof CommandError) return { error: `Invalid rate limit string: ValueError(${pythonRepr(rate.message)})` };
    if (!isKnown(context, name)) return UNKNOWN_TASK;
    context.worker.setRateLimit(name, rate);
    return ok(rate ? 'new rate limit set successfully' : 'rate limit disabled successfully');
  },
};

function rateOf(value: unknown): ReturnType<typeof rateIn> | CommandError {
  try {
    return rateIn(value);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

const timeLimit: Command = {
  changes: true,
  run: (context: CommandContext, args: CommandArguments) => {
    const { task_name: name } = args;
    if (!isKnown(context, name)) return UNKNOWN_TASK;
    const limits = { hard: secondsIn(args, 'hard'), soft: secondsIn(args, 'soft') };
    if (limits.hard !== null && limits.soft !== null && limits.soft > limits.hard)
      throw new CommandError('ValueError', 'soft must be less than or equal to hard');
    context.worker.setTimeLimit(name, limits);
    return ok('time limits set successfully');
  },
};

export const LIMIT_COMMANDS: Commands = { rate_limit: rateLimit, time_limit: timeLimit };
