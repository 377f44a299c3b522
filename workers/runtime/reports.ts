import type { Logger } from 'pino';
import { taskEvent } from '../celery/events';
import type { TaskMessage } from '../celery/message';
import { type BadOutcome, exceptionRepr, notRegistered, revoked } from '../celery/result';
import type { RemoteControl } from '../control/remote-control';
import { errorMessage } from '../error-message';
import type { TaskMetrics } from '../observe/task-metrics';
import type { ResultBackend, TaskState, Told } from '../results/backend';
import type { Task } from '../task';
import type { Request } from './request';
import type { Settlement } from './settlement';
import { taskEnd } from './task-end';

export interface TaskReportsOptions {
  readonly results: ResultBackend;
  readonly control: RemoteControl;
  readonly metrics: TaskMetrics;
  readonly nodeName: string;
  readonly log: Logger;
}

/** What Celery says of a task that was ended without a number of its own. */
const SIGTERM = 15;

/** Tells callers, `celery inspect`, Flower and Prometheus what becomes of tasks. */
export class TaskReports {
  constructor(private readonly options: TaskReportsOptions) {}

  /** The task will be run, or put off. */
  received(request: Request): void {
    request.tracked = this.options.control.requests.received(request.message, request.delivery);
  }

  started(request: Request): void {
    request.tracked?.start(request.pid);
    this.options.metrics.started(request);
    if (!request.task.options.trackStarted) return;
    const { nodeName } = this.options;
    void this.tell(request.message, request.task, { status: 'STARTED', pid: request.pid ?? process.pid, hostname: nodeName });
  }

  /** Its function runs no more, or is not waited for. */
  ran(request: Request, seconds: number): void {
    this.options.metrics.ran(request, seconds);
  }

  progress({ message, task }: Request, meta: unknown): void {
    void this.tell(message, task, { status: 'PROGRESS', meta });
  }

  /**
   * Resolves when the result backend has the outcome, or does not take it in time.
   * @returns what was told: not the outcome where that cannot be sent
   */
  async ended(request: Request, settlement: Settlement): Promise<Settlement['outcome']> {
    const outcome = settlement.outcome && (await this.tell(request.message, request.task, settlement.outcome));
    const told = { ...settlement, outcome };
    this.emitEnd(request, told);
    this.options.metrics.ended(request, taskEnd(told, request.delivery));
    return outcome;
  }

  /** It goes back, or waits in the broker, without a word. */
  dropped(request: Request): void {
    request.tracked?.ended({ kind: 'dropped' });
    if (request.startedAt !== undefined) this.options.metrics.ended(request, 'handed-back');
  }

  async notRegistered(message: TaskMessage): Promise<void> {
    const outcome = notRegistered(message.task);
    this.emitFailure(message, outcome);
    await this.tell(message, undefined, outcome);
  }

  /** It was not run: it had succeeded before. */
  duplicate(request: Request): void {
    this.options.metrics.ended(request, 'duplicate');
  }

  /** It was not run: too late, or taken back. */
  async revoked(request: Request, why: 'expired' | 'revoked'): Promise<void> {
    const { message, task, tracked } = request;
    this.options.metrics.ended(request, why);
    const details = { terminated: false, signum: null, expired: why === 'expired' };
    if (tracked) tracked.ended({ kind: 'revoked', ...details });
    else this.options.control.events.task(() => taskEvent.revoked(message.id, details));
    await this.tell(message, task, revoked(why));
  }

  private emitEnd({ message, tracked, delivery }: Request, { again, outcome, ending }: Settlement): void {
    if (!tracked) return;
    const exception = outcome && 'exception' in outcome && outcome.exception ? exceptionRepr(outcome.exception) : 'None';
    const traceback = outcome && 'traceback' in outcome ? outcome.traceback : null;
    if (again) tracked.ended({ kind: 'retried', exception, traceback });
    else if (outcome?.status === 'SUCCESS') tracked.ended({ kind: 'succeeded', result: outcome.result });
    else if (outcome?.status === 'REVOKED') tracked.ended({ kind: 'revoked', terminated: true, signum: SIGTERM, expired: false });
    else if (ending.kind === 'dead-letter' && delivery.open) {
      // In Celery's order, by which Flower shows a task that failed as failed and one that refused its message as rejected.
      const failed = ending.reason === 'task-failed';
      if (!failed && outcome?.status === 'FAILURE') this.emitFailure(message, outcome);
      tracked.ended({ kind: 'rejected', requeue: false });
      if (failed && outcome?.status === 'FAILURE') this.emitFailure(message, outcome);
    } else if (outcome?.status === 'FAILURE') tracked.ended({ kind: 'failed', exception, traceback });
    else if (ending.kind === 'redeliver' && delivery.open) tracked.ended({ kind: 'rejected', requeue: true });
    else tracked.ended({ kind: 'dropped' });
  }

  private emitFailure({ id }: TaskMessage, { exception, traceback }: BadOutcome): void {
    this.options.control.events.task(() => taskEvent.failed(id, exceptionRepr(exception), traceback));
  }

  /** @returns in bounded time: a task that has run must be acked, or it would run again only because its result had no place. */
  private async tell<S extends TaskState>(message: TaskMessage, task: Task | undefined, state: S): Promise<Told<S>> {
    const ignored = message.ignoreResult ?? task?.options.ignoreResult ?? false;
    if (ignored) return state;
    try {
      return await this.options.results.store(message, state);
    } catch (error) {
      this.options.log.warn(
        { task: message.task, id: message.id, status: state.status, error: errorMessage(error) },
        'result not delivered',
      );
      return state;
    }
  }
}
