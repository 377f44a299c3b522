import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { decodeTask, type MessageProperties, Rejected, type TaskMessage } from '../celery/message';
import { EXPIRED, encodeResult, failure, notRegistered, type TaskOutcome } from '../celery/result';
import type { Task } from '../task';
import { bindArguments } from './arguments';
import { errorMessage } from '../error-message';

/** A message as the consumer hands it over. */
export interface Delivery {
  readonly content: Buffer;
  readonly properties: MessageProperties;
  readonly redelivered: boolean;
}

export interface ExecutorOptions {
  readonly tasks: ReadonlyMap<string, Task>;
  /** Runs the tasks that compute. */
  readonly runInThread: (task: string, args: readonly unknown[]) => Promise<unknown>;
  /** Sends a result to its caller; resolves also when nobody takes it. */
  readonly sendResult: (replyTo: string, taskId: string, body: Buffer) => Promise<void>;
  readonly log: Logger;
}

/** Longest wait of one timer: above 2^31 ms Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs one message: decode, find the task, run it, answer. What happens to the message then is the consumer's business. */
export class Executor {
  constructor(private readonly options: ExecutorOptions) {}

  /**
   * Resolves when the task has ended, well or badly, and its result is sent.
   * @param drain ends the wait of a task whose time has not come; the task is then not run
   * @throws Rejected when the message cannot be run, and for ever so
   * @throws the signal's reason when the task was not started because of it
   */
  async execute({ content, properties, redelivered }: Delivery, drain: AbortSignal): Promise<void> {
    const message = decodeTask(content, properties);
    const log = this.options.log.child({ task: message.task, id: message.id });
    const task = this.options.tasks.get(message.task);
    if (!task) {
      await this.answer(message, notRegistered(message.task), log);
      throw new Rejected('unregistered', `no task "${message.task}" in this worker`);
    }
    await waitUntil(message.eta, drain);
    const started = performance.now();
    const outcome = message.expires && message.expires.getTime() < Date.now() ? EXPIRED : await this.run(task, message);
    const error = outcome.status === 'SUCCESS' ? undefined : outcome.exception;
    log.info({ status: outcome.status, seconds: (performance.now() - started) / 1000, redelivered, error }, 'task ended');
    const ignore = message.ignoreResult ?? task.options.ignoreResult ?? false;
    if (!ignore) await this.answer(message, outcome, log);
  }

  private async run(task: Task, message: TaskMessage): Promise<TaskOutcome> {
    try {
      const args = bindArguments(task, message);
      const result = await (task.options.cpu ? this.options.runInThread(task.name, args) : task.run(...args));
      return { status: 'SUCCESS', result };
    } catch (error) {
      return failure(error);
    }
  }

  private async answer(message: TaskMessage, outcome: TaskOutcome, log: Logger): Promise<void> {
    if (!message.replyTo) return;
    try {
      await this.options.sendResult(message.replyTo, message.id, encodeResult(message.id, outcome, new Date()));
    } catch (error) {
      // A caller that has gone must not keep the task from being acked.
      log.warn({ error: errorMessage(error) }, 'result not delivered');
    }
  }
}

async function waitUntil(time: Date | null, signal: AbortSignal): Promise<void> {
  for (let left = remaining(time); left > 0; left = remaining(time)) {
    await setTimeout(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
  }
}

function remaining(time: Date | null): number {
  return time ? time.getTime() - Date.now() : 0;
}
