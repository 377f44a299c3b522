import type { TaskOutcome } from '../celery/result';

/** The task failed or was revoked; names and texts as its worker gave them. */
export class TaskFailed extends Error {
  override readonly name = 'TaskFailed';

  constructor(
    readonly taskId: string,
    readonly outcome: Exclude<TaskOutcome, { status: 'SUCCESS' }>,
  ) {
    const { exc_type, exc_message } = outcome.exception;
    super(`${exc_type}: ${exc_message.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(', ')}`);
  }

  /** Class of the error in the worker, for example `TypeError` or a Python exception. */
  get type(): string {
    return this.outcome.exception.exc_type;
  }

  /** The worker's stack trace, if it sent one. */
  get remoteTraceback(): string | null {
    return this.outcome.traceback;
  }
}

/** No result came in time. The task may still be waiting, running, or have ended without a result. */
export class ResultTimeout extends Error {
  override readonly name = 'ResultTimeout';

  constructor(
    readonly taskId: string,
    timeoutSeconds: number,
  ) {
    super(`no result of task ${taskId} within ${timeoutSeconds} s; it may still be waiting or running`);
  }
}

/** Where a job's outcome comes from. */
export interface ResultSource {
  /** Resolves with the outcome, or with `undefined` when none came in time. */
  outcome(taskId: string, timeoutSeconds: number): Promise<TaskOutcome | undefined>;
}

/** A task that was sent and accepted. */
export class Job<R = unknown> {
  constructor(
    readonly id: string,
    /** The queue it was sent to. */
    readonly queue: string,
    private readonly results: ResultSource | undefined,
  ) {}

  /**
   * Waits for the task's value. May be called again and by several callers.
   * @param options.timeoutSeconds how long to wait. Default: 60
   * @throws TaskFailed when the task failed or was revoked
   * @throws ResultTimeout when nothing came in time
   */
  async result({ timeoutSeconds = 60 }: { readonly timeoutSeconds?: number } = {}): Promise<R> {
    if (!this.results) throw new Error(`task ${this.id} was sent with ignoreResult: there is no result to wait for`);
    const outcome = await this.results.outcome(this.id, timeoutSeconds);
    if (!outcome) throw new ResultTimeout(this.id, timeoutSeconds);
    if (outcome.status !== 'SUCCESS') throw new TaskFailed(this.id, outcome);
    return outcome.result as R;
  }
}
