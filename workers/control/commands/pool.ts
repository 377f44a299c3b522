import { textIn, wholeNumberIn } from '../arguments';
import { type Command, type Commands, ok } from '../command';
import { CommandError } from '../controlled-worker';

/** More tasks at once a worker cannot be configured with, either. */
const MOST = 2000;

const grow: Command = {
  changes: true,
  run: ({ worker }, args) => {
    worker.grow(wholeNumberIn(args, 'n', 1, 1, MOST));
    return ok('pool will grow');
  },
};

const shrink: Command = {
  changes: true,
  run: ({ worker }, args) => {
    worker.shrink(wholeNumberIn(args, 'n', 1, 1, MOST));
    return ok('pool will shrink');
  },
};

/** KEDA decides how many workers there are; what one worker does at once is fixed. */
const autoscale: Command = {
  changes: true,
  run: () => {
    throw new CommandError('ValueError', 'Autoscale not enabled');
  },
};

const restart: Command = {
  changes: true,
  run: () => {
    throw new CommandError('ValueError', 'Pool restarts not enabled');
  },
};

const addConsumer: Command = {
  required: ['queue'],
  changes: true,
  run: async ({ worker }, args) => {
    const queue = textIn(args, 'queue');
    await worker.addQueue(queue);
    return ok(`add consumer ${queue}`);
  },
};

const cancelConsumer: Command = {
  required: ['queue'],
  changes: true,
  run: async ({ worker }, args) => {
    const queue = textIn(args, 'queue');
    await worker.cancelQueue(queue);
    return ok(`no longer consuming from ${queue}`);
  },
};

export const POOL_COMMANDS: Commands = {
  pool_grow: grow,
  pool_shrink: shrink,
  pool_restart: restart,
  autoscale,
  add_consumer: addConsumer,
  cancel_consumer: cancelConsumer,
};
