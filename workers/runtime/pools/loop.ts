import { createContext, type TaskLog } from '../../task-context';
import type { Task } from '../../task';
import { attempt } from '../attempt';
import type { Call, CallListener, Pool, RunningCall, StopReason } from './pool';
import { stopError } from './stop-error';

/** Runs tasks on the worker's own event loop. */
export class LoopPool implements Pool {
  constructor(private readonly tasks: ReadonlyMap<string, Task>) {}

  start({ facts, args }: Call, listener: CallListener): RunningCall {
    const controller = new AbortController();
    const context = createContext({
      facts,
      signal: controller.signal,
      log: taskLog(listener),
      progress: (meta) => listener.progress(meta),
    });
    return {
      verdict: attempt(this.tasks.get(facts.task) as Task, args, context),
      stop: (reason: StopReason) => controller.abort(stopError(reason)),
      // JavaScript on this loop cannot be stopped from outside.
      kill: () => false,
    };
  }

  async close(): Promise<void> {}
}

/** The log of a task as calls to its listener, wherever that sits. */
export function taskLog(listener: Pick<CallListener, 'log'>): TaskLog {
  const at = (level: keyof TaskLog) => (fields: object, text: string) => listener.log(level, fields, text);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
