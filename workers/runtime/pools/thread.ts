import { workerData } from 'piscina';
import type { MessagePort } from 'node:worker_threads';
import type { Call, RecycleLimits, StopReason } from './pool';
import { TaskHost } from './task-host';

/** What a thread is started with. */
export interface ThreadSetup {
  readonly tasksModule: string;
  readonly limits: RecycleLimits;
}

/** What a thread is asked to do; the port carries everything that is said of it. */
export interface ThreadCall extends Call {
  readonly port: MessagePort;
}

const { tasksModule, limits } = workerData as ThreadSetup;
// The heap is the thread's own; the process's resident memory says nothing about one thread.
const host = new TaskHost(tasksModule, limits, () => process.memoryUsage().heapUsed);

/** Entry point of a thread; Piscina calls the module's export. */
module.exports = async ({ port, facts, args }: ThreadCall): Promise<void> => {
  port.on('message', (reason: StopReason) => host.stop(reason));
  const spent = await host.run({ facts, args }, (message) => port.postMessage(message));
  // While its call does not end Piscina gives a thread no other: it waits here until it is ended, so it never ends under a task.
  if (spent) await new Promise(() => undefined);
  port.close();
};
