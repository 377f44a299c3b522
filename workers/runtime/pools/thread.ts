import { workerData } from 'piscina';
import type { MessagePort } from 'node:worker_threads';
import { registeredTasks } from '../../task';
import { createContext } from '../../task-context';
import { attempt } from '../attempt';
import type { Verdict } from '../verdict';
import { taskLog } from './loop';
import type { Call, StopReason } from './pool';
import { stopError } from './stop-error';

/** What a thread is asked to do; the port carries what is said meanwhile. */
export interface ThreadCall extends Call {
  readonly port: MessagePort;
}

/** What a thread says while a task runs. */
export type ThreadMessage =
  | { readonly kind: 'progress'; readonly meta: unknown }
  | { readonly kind: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly fields: object; readonly text: string };

// Declares the tasks in this thread: functions cannot be sent to one.
require((workerData as { tasksModule: string }).tasksModule);

/** Entry point of a thread; Piscina calls the module's export. */
module.exports = async ({ facts, args, port }: ThreadCall): Promise<Verdict> => {
  const task = registeredTasks().get(facts.task);
  if (!task) return { kind: 'lost', detail: `task "${facts.task}" is not declared in the tasks module of the thread` };
  const controller = new AbortController();
  port.on('message', (reason: StopReason) => controller.abort(stopError(reason)));
  const say = (message: ThreadMessage): void => port.postMessage(message);
  const context = createContext({
    facts,
    signal: controller.signal,
    log: taskLog({ log: (level, fields, text) => say({ kind: 'log', level, fields, text }) }),
    progress: (meta) => say({ kind: 'progress', meta }),
  });
  try {
    return await attempt(task, args, context);
  } finally {
    port.close();
  }
};
