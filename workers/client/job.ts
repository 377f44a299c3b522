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
  /** The state as far as it is known here; `PENDING` when nothing is. */
  status(taskId: string): Promise<string>;
}

/** A task that was sent and accepted, or one known by its id. */
export class Job<R = unknown> {
  constructor(
    readonly id: string,
    /** The queue it was sent to; unknown for a job that was made from an id. */
    readonly queue: string | undefined,
    private readonly results: ResultSource | undefined,
  ) {}

  /**
   * Waits for the task's value. May be called again and by several callers.
   * @param options.timeoutSeconds how long to wait. Default: 60
   * @throws TaskFailed when the task failed or was revoked
   * @throws ResultTimeout when nothing came in time
   */
  async result({ timeoutSeconds = 60 }: { readonly timeoutSeconds?: number } = {}): Promise<R> {
    const outcome = await this.source.outcome(this.id, timeoutSeconds);
    if (!outcome) throw new ResultTimeout(this.id, timeoutSeconds);
    if (outcome.status !== 'SUCCESS') throw new TaskFailed(this.id, outcome);
    return outcome.result as R;
  }

  /**
   * The state in Celery's words: `PENDING`, `STARTED`, `RETRY`, `SUCCESS`, `FAILURE`, `REVOKED` or one of the task's own. `PENDING` says only
   * that nothing is known: the task may wait, run, or never have been sent. Over `rpc://` nothing else is known until the task has ended.
   * @throws Error within about 10 s when Redis does not answer
   */
  async state(): Promise<string> {
    return this.source.status(this.id);
  }

  private get source(): ResultSource {
    if (!this.results) throw new Error(`task ${this.id} was sent with ignoreResult: there is no result to wait for`);
    return this.results;
  }
}
