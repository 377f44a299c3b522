import type { Logger } from 'pino';
import type { TaskMessage } from '../celery/message';
import type { TaskOutcome } from '../celery/result';
import { errorMessage } from '../error-message';
import type { ResultBackend, TaskState } from '../results/backend';
import type { Task } from '../task';
import type { Request } from './request';
import type { Settlement } from './settlement';
import type { Verdict } from './verdict';

/** Tells callers what becomes of their tasks. */
export class TaskReports {
  constructor(
    private readonly results: ResultBackend,
    private readonly nodeName: string,
    private readonly log: Logger,
  ) {}

  started(request: Request): void {
    if (!request.task.options.trackStarted) return;
    void this.tell(request.message, request.task, { status: 'STARTED', meta: { pid: process.pid, hostname: this.nodeName } });
  }

  progress({ message, task }: Request, meta: unknown): void {
    void this.tell(message, task, { status: 'PROGRESS', meta });
  }

  /** Resolves when the result backend has the outcome, or does not take it in time. */
  async ended({ message, task }: Request, _verdict: Verdict, { outcome }: Settlement, _seconds: number): Promise<void> {
    if (outcome) await this.tell(message, task, outcome);
  }

  /** The outcome of a message that was never run. */
  async notRun(message: TaskMessage, task: Task | undefined, outcome: TaskOutcome): Promise<void> {
    await this.tell(message, task, outcome);
  }

  /** @returns in bounded time: a task that has run must be acked, or it would run again only because its result had no place. */
  private async tell(message: TaskMessage, task: Task | undefined, state: TaskState): Promise<void> {
    const ignored = message.ignoreResult ?? task?.options.ignoreResult ?? false;
    if (ignored) return;
    try {
      await this.results.store(message, state);
    } catch (error) {
      this.log.warn({ task: message.task, id: message.id, status: state.status, error: errorMessage(error) }, 'result not delivered');
    }
  }
}
