import type { Task } from '../../task';
import { createContext } from '../../task-context';
import { attempt } from '../attempt';
import type { Call, CallListener, Pool, RunningCall, StopReason } from './pool';
import { stopError } from './stop-error';
import { taskLog } from './task-log';

/** Runs tasks on the worker's own event loop. */
export class LoopPool implements Pool {
  constructor(private readonly tasks: ReadonlyMap<string, Task>) {}

  start({ facts, args }: Call, listener: CallListener): RunningCall {
    const controller = new AbortController();
    const context = createContext({
      facts,
      signal: controller.signal,
      log: taskLog((level, fields, text) => listener.log(level, fields, text)),
      progress: (meta) => listener.progress(meta),
    });
    listener.started(process.pid);
    return {
      verdict: attempt(this.tasks.get(facts.task) as Task, args, context),
      stop: (reason: StopReason) => controller.abort(stopError(reason)),
      // JavaScript on this loop cannot be stopped from outside.
      kill: () => false,
    };
  }

  async close(): Promise<void> {}
}
