/**
 * What a task throws to decide how its delivery ends. Any other error is a failure: retried if the task's `retry` says so, else told to
 * the caller.
 */

/** Runs the task again later, on the same queue (Celery's `self.retry`). */
export class Retry extends Error {
  override readonly name = 'Retry';

  /**
   * @param options.delaySeconds until the next try. Default: as the task's `retry` option says
   * @param options.max tries after the first one, instead of the task's own; `null`: for ever
   * @param options.cause why; the task's failure when no try is left
   */
  constructor(readonly options: { readonly delaySeconds?: number; readonly max?: number | null; readonly cause?: unknown } = {}) {
    super(options.cause instanceof Error ? options.cause.message : 'the task asked for another try');
  }
}

/** Refuses the message (Celery's `Reject`): to the dead-letter queue, or back to its queue as a failed delivery. */
export class Reject extends Error {
  override readonly name = 'Reject';

  /**
   * @param options.requeue gives it to a worker again; counts towards the queue's `deliveryLimit`. Default: false
   */
  constructor(
    readonly reason: string,
    readonly options: { readonly requeue?: boolean } = {},
  ) {
    super(reason);
  }
}

/** Ends the task without a result (Celery's `Ignore`). */
export class Ignore extends Error {
  override readonly name = 'Ignore';
}

/**
 * The task has run for its soft time limit: the reason of its context's `signal`. A task that throws it, or lets it through, fails with it;
 * one that catches it has until the hard limit to clean up.
 */
export class SoftTimeLimitExceeded extends Error {
  override readonly name = 'SoftTimeLimitExceeded';

  constructor(readonly seconds: number) {
    super(`the soft time limit of ${seconds} s is over`);
  }
}

/** The task was revoked with `terminate`: the reason of its context's `signal`. */
export class TaskTerminated extends Error {
  override readonly name = 'TaskTerminated';
}

/** The worker stops and the time it had for running tasks is over: the reason of the context's `signal`; another worker runs the task. */
export class WorkerDraining extends Error {
  override readonly name = 'WorkerDraining';
}
