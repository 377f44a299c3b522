import type { Logger } from 'pino';
import type { Publisher } from '../broker/publisher';
import type { TaskMessage } from '../celery/message';
import { encodeResult, type TaskOutcome, type TaskProgress } from '../celery/result';
import { errorMessage } from '../error-message';
import type { Task } from '../task';
import type { Request } from './request';
import type { Settlement } from './settlement';
import type { Verdict } from './verdict';

/** Tells callers what becomes of their tasks. */
export class TaskReports {
  constructor(
    private readonly publisher: Publisher,
    private readonly nodeName: string,
    private readonly log: Logger,
  ) {}

  started(request: Request): void {
    if (!request.task.options.trackStarted) return;
    void this.tell(request.message, request.task, {
      status: 'STARTED',
      meta: { pid: request.pid ?? process.pid, hostname: this.nodeName },
    });
  }

  progress({ message, task }: Request, meta: unknown): void {
    void this.tell(message, task, { status: 'PROGRESS', meta });
  }

  /** Resolves when the caller's queue has the outcome, or nobody takes it. */
  async ended({ message, task }: Request, _verdict: Verdict, { outcome }: Settlement, _seconds: number): Promise<void> {
    if (outcome) await this.tell(message, task, outcome);
  }

  /** The outcome of a message that was never run. */
  async notRun(message: TaskMessage, task: Task | undefined, outcome: TaskOutcome): Promise<void> {
    await this.tell(message, task, outcome);
  }

  /** Results are not persistent, as in Celery: they are of use only to a caller that waits. */
  private async tell(message: TaskMessage, task: Task | undefined, outcome: TaskOutcome | TaskProgress): Promise<void> {
    const ignored = message.ignoreResult ?? task?.options.ignoreResult ?? false;
    if (!message.replyTo || ignored) return;
    try {
      await this.publisher.publish({
        exchange: '',
        routingKey: message.replyTo,
        content: encodeResult(message.id, outcome, new Date()),
        properties: { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: message.id, priority: 0, headers: {} },
        persistent: false,
      });
    } catch (error) {
      // A caller that has gone must not keep the task from being acked.
      this.log.warn({ task: message.task, id: message.id, error: errorMessage(error) }, 'result not delivered');
    }
  }
}
