import type { Logger } from 'pino';
import type { Publisher } from '../broker/publisher';
import { taskEvent } from '../celery/events';
import type { TaskMessage } from '../celery/message';
import {
  type BadOutcome,
  encodeResult,
  exceptionRepr,
  notRegistered,
  revoked,
  type TaskOutcome,
  type TaskProgress,
} from '../celery/result';
import type { RemoteControl } from '../control/remote-control';
import { errorMessage } from '../error-message';
import type { Task } from '../task';
import type { Request } from './request';
import type { Settlement } from './settlement';

export interface TaskReportsOptions {
  readonly publisher: Publisher;
  readonly control: RemoteControl;
  readonly nodeName: string;
  readonly log: Logger;
}

/** What Celery says of a task that was ended without a number of its own. */
const SIGTERM = 15;

/** Tells callers, `celery inspect` and Flower what becomes of tasks. */
export class TaskReports {
  constructor(private readonly options: TaskReportsOptions) {}

  /** The task will be run, or put off. */
  received(request: Request): void {
    request.tracked = this.options.control.requests.received(request.message, request.delivery);
  }

  started(request: Request): void {
    request.tracked?.start(request.pid);
    if (!request.task.options.trackStarted) return;
    const { nodeName } = this.options;
    void this.tell(request.message, request.task, { status: 'STARTED', pid: request.pid ?? process.pid, hostname: nodeName });
  }

  progress({ message, task }: Request, meta: unknown): void {
    void this.tell(message, task, { status: 'PROGRESS', meta });
  }

  /** Resolves when the caller's queue has the outcome, or nobody takes it. */
  async ended(request: Request, settlement: Settlement): Promise<void> {
    if (settlement.outcome) await this.tell(request.message, request.task, settlement.outcome);
    this.emitEnd(request, settlement);
  }

  /** It goes back, or waits in the broker, without a word. */
  dropped(request: Request): void {
    request.tracked?.ended({ kind: 'dropped' });
  }

  async notRegistered(message: TaskMessage): Promise<void> {
    const outcome = notRegistered(message.task);
    this.emitFailure(message, outcome);
    await this.tell(message, undefined, outcome);
  }

  /** It was not run: too late, or taken back. */
  async revoked({ message, task, tracked }: Request, why: 'expired' | 'revoked'): Promise<void> {
    const details = { terminated: false, signum: null, expired: why === 'expired' };
    if (tracked) tracked.ended({ kind: 'revoked', ...details });
    else this.options.control.events.task(() => taskEvent.revoked(message.id, details));
    await this.tell(message, task, revoked(why));
  }

  private emitEnd({ message, tracked }: Request, { again, outcome, ending }: Settlement): void {
    if (!tracked) return;
    const exception = outcome && 'exception' in outcome && outcome.exception ? exceptionRepr(outcome.exception) : '';
    const traceback = outcome && 'traceback' in outcome ? outcome.traceback : null;
    if (again) tracked.ended({ kind: 'retried', exception, traceback });
    else if (outcome?.status === 'SUCCESS') tracked.ended({ kind: 'succeeded', result: outcome.result });
    else if (outcome?.status === 'REVOKED') tracked.ended({ kind: 'revoked', terminated: true, signum: SIGTERM, expired: false });
    else if (ending.kind === 'dead-letter') {
      if (outcome?.status === 'FAILURE') this.emitFailure(message, outcome);
      tracked.ended({ kind: 'rejected', requeue: false });
    } else if (outcome?.status === 'FAILURE') tracked.ended({ kind: 'failed', exception, traceback });
    else if (ending.kind === 'redeliver') tracked.ended({ kind: 'rejected', requeue: true });
    else tracked.ended({ kind: 'dropped' });
  }

  private emitFailure({ id }: TaskMessage, { exception, traceback }: BadOutcome): void {
    this.options.control.events.task(() => taskEvent.failed(id, exceptionRepr(exception), traceback));
  }

  /** Results are not persistent, as in Celery: they are of use only to a caller that waits. */
  private async tell(message: TaskMessage, task: Task | undefined, outcome: TaskOutcome | TaskProgress): Promise<void> {
    const ignored = message.ignoreResult ?? task?.options.ignoreResult ?? false;
    if (!message.replyTo || ignored) return;
    try {
      await this.options.publisher.publish({
        exchange: '',
        routingKey: message.replyTo,
        content: encodeResult(message.id, outcome, new Date()),
        properties: { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: message.id, priority: 0, headers: {} },
        persistent: false,
      });
    } catch (error) {
      // A caller that has gone must not keep the task from being acked.
      this.options.log.warn({ task: message.task, id: message.id, error: errorMessage(error) }, 'result not delivered');
    }
  }
}
