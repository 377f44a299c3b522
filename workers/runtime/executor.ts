import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { decodeTask, type MessageProperties, Rejected, type TaskMessage } from '../celery/message';
import { EXPIRED, encodeResult, exceptionRepr, failure, notRegistered, REVOKED, type TaskOutcome } from '../celery/result';
import type { Request, Requests } from '../control/requests';
import type { Revoked } from '../control/revoked';
import type { Task } from '../task';
import { bindArguments } from './arguments';
import { errorMessage } from '../error-message';

/** A message as the consumer hands it over. */
export interface Delivery {
  readonly content: Buffer;
  readonly properties: MessageProperties;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
}

export interface ExecutorOptions {
  readonly tasks: ReadonlyMap<string, Task>;
  /** Runs the tasks that compute. */
  readonly runInThread: (task: string, args: readonly unknown[]) => Promise<unknown>;
  /** Sends a result to its caller; resolves also when nobody takes it. */
  readonly sendResult: (replyTo: string, taskId: string, body: Buffer) => Promise<void>;
  readonly requests: Requests;
  readonly revoked: Pick<Revoked, 'has'>;
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
  async execute(delivery: Delivery, drain: AbortSignal): Promise<void> {
    const { content, properties, redelivered } = delivery;
    const message = decodeTask(content, properties);
    const log = this.options.log.child({ task: message.task, id: message.id });
    const task = this.options.tasks.get(message.task);
    if (!task) {
      await this.answer(message, notRegistered(message.task), log);
      throw new Rejected('unregistered', `no task "${message.task}" in this worker`);
    }
    const request = this.options.requests.received(message, delivery);
    if (remaining(message.eta) > 0) request.scheduled();
    await waitUntil(message.eta, drain).catch((error: unknown) => {
      request.ended({ kind: 'dropped' });
      throw error;
    });
    const started = performance.now();
    const outcome = this.refusal(message, request) ?? (await this.run(task, message, request));
    request.ended(endOf(outcome));
    const error = outcome.status === 'SUCCESS' ? undefined : outcome.exception;
    log.info({ status: outcome.status, seconds: (performance.now() - started) / 1000, redelivered, error }, 'task ended');
    const ignore = message.ignoreResult ?? task.options.ignoreResult ?? false;
    if (!ignore) await this.answer(message, outcome, log);
  }

  /** Why a task is not started although it could be. */
  private refusal(message: TaskMessage, request: Request): TaskOutcome | undefined {
    if (message.expires && message.expires.getTime() < Date.now()) return EXPIRED;
    return this.options.revoked.has(request) ? REVOKED : undefined;
  }

  private async run(task: Task, message: TaskMessage, request: Request): Promise<TaskOutcome> {
    request.start();
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

function endOf(outcome: TaskOutcome): Parameters<Request['ended']>[0] {
  if (outcome.status === 'SUCCESS') return { kind: 'succeeded', result: outcome.result };
  if (outcome.status === 'REVOKED') return { kind: 'revoked', terminated: false, signum: null, expired: outcome === EXPIRED };
  return { kind: 'failed', exception: exceptionRepr(outcome.exception), traceback: outcome.traceback };
}

async function waitUntil(time: Date | null, signal: AbortSignal): Promise<void> {
  for (let left = remaining(time); left > 0; left = remaining(time)) {
    await setTimeout(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
  }
}

function remaining(time: Date | null): number {
  return time ? time.getTime() - Date.now() : 0;
}
