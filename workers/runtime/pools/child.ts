/** Entry point of a child process that runs tasks: `node child.js <tasks module> <max tasks> <max memory in bytes>`. */
import type { Message } from './messages';
import type { Call, StopReason } from './pool';
import { TaskHost } from './task-host';

/** What a child is told. */
export type ToChild = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'stop'; readonly reason: StopReason };

// A signal to the process group is for the worker: it finishes its tasks and ends its children.
process.on('SIGTERM', () => undefined).on('SIGINT', () => undefined);
// The worker has died, or has no more use for this child.
process.on('disconnect', () => process.exit());

const [tasksModule = '', maxTasks, maxMemoryBytes] = process.argv.slice(2);
const limits = { maxTasks: Number(maxTasks), maxMemoryBytes: Number(maxMemoryBytes) };
const host = new TaskHost(tasksModule, limits, () => process.memoryUsage.rss());

const say = (message: Message): void => {
  process.send?.(message);
};

process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') host.stop(message.reason);
  else void host.run(message.call, say);
});
