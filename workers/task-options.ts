import { suggest, throwIfAny, type Problem } from './problems';

type ErrorClass = abstract new (...args: never[]) => Error;

/** When and how a task that threw is run again (Celery's `autoretry_for` and friends). */
export interface RetryOptions {
  /**
   * Errors worth another try: their classes, or a test.
   * @default - none; the task throws `Retry` itself
   */
  readonly on?: readonly ErrorClass[] | ((error: unknown) => boolean);
  /**
   * Errors that are never retried, though `on` has a class above theirs.
   * @default []
   */
  readonly except?: readonly ErrorClass[];
  /**
   * Tries after the first one; `null`: for ever. Celery's `max_retries`.
   * @default 3
   */
  readonly max?: number | null;
  /**
   * Seconds before the next try where there is no backoff. Celery's `default_retry_delay`.
   * @default 180
   */
  readonly delaySeconds?: number;
  /**
   * Seconds that double with each try: `factor * 2^retries`. Celery's `retry_backoff`; `true` is 1.
   * @default false
   */
  readonly backoff?: boolean | number;
  /**
   * Longest backoff in seconds. Celery's `retry_backoff_max`.
   * @default 600
   */
  readonly backoffMaxSeconds?: number;
  /**
   * Takes a random time from 0 to the backoff, so that failed tasks do not come back all at once. Celery's `retry_jitter`.
   * @default true
   */
  readonly jitter?: boolean;
}

/**
 * Where a task's function runs; what that costs and how it ends there: docs/tasks.md.
 * - `loop`: on the worker's event loop, many at once. For tasks that wait for others: databases, HTTP, files.
 * - `thread`: in a thread, for tasks that compute: on the event loop they would hold up heartbeats, probes and all other tasks.
 * - `process`: in a child process, for code that may crash, leak or never end.
 */
export type Isolation = 'loop' | 'thread' | 'process';

export interface TaskOptions {
  /**
   * Queue of the task, unless a route says otherwise.
   * @default - the topology's first queue
   */
  readonly queue?: string;
  /**
   * Names of the parameters, so that Python callers may pass them by keyword.
   * @default - keyword arguments are refused
   */
  readonly parameters?: readonly string[];
  /**
   * Where the function runs.
   * @default 'loop'
   */
  readonly runIn?: Isolation;
  /**
   * Send no result unless the caller asks for one.
   * @default false
   */
  readonly ignoreResult?: boolean;
  /**
   * Tell the caller when the task starts (state STARTED). Celery's `track_started`.
   * @default false
   */
  readonly trackStarted?: boolean;
  /**
   * When the broker may forget the message: when the task has ended (`late`: at least once), or when it starts (`early`: at most once, lost
   * with its worker). Celery's `acks_late`, which is false there.
   * @default 'late'
   */
  readonly acknowledge?: 'late' | 'early';
  /**
   * Whether a task that failed is done. If not, its message goes to the dead-letter queue. Celery's `acks_on_failure`.
   * @default true
   */
  readonly acknowledgeFailure?: boolean;
  /**
   * Whether a task that ran over its hard time limit is done. If not, it is tried again until its queue's `deliveryLimit`. Celery's
   * `acks_on_timeout`.
   * @default true
   */
  readonly acknowledgeTimeout?: boolean;
  /**
   * What becomes of a task whose thread or child process died under it:
   * - `redeliver`: tried again until its queue's `deliveryLimit`, then dead-lettered (Celery's `reject_on_worker_lost`)
   * - `retry`: tried again as its `retry` options say, then failed (Celery 5.7's `task_retry_on_worker_lost`)
   * - `fail`: failed at once with WorkerLostError (Celery's default)
   * @default 'redeliver'
   */
  readonly onWorkerLost?: 'redeliver' | 'retry' | 'fail';
  /** @default - only where the task throws `Retry` */
  readonly retry?: RetryOptions;
  /**
   * Seconds until the context's signal is aborted with `SoftTimeLimitExceeded`; at most the queue's own.
   * @default - the queue's `maxTaskSeconds`
   */
  readonly softTimeLimitSeconds?: number;
  /**
   * Seconds until the task is ended and fails with TimeLimitExceeded; at most the queue's own.
   * @default - the queue's hard time limit, a little over its `maxTaskSeconds`
   */
  readonly hardTimeLimitSeconds?: number;
  /**
   * Most starts in a time, for each worker: `'10/s'`, `'100/m'`, `'1000/h'`. Tasks over it wait in the broker.
   * @default - no limit
   */
  readonly rateLimit?: string;
  /**
   * Does not run a redelivered task again whose success is stored already. Needs a result backend that keeps results, and results: a caller
   * that ignores them gives this up. Celery's `worker_deduplicate_successful_tasks`.
   * @default false
   */
  readonly deduplicate?: boolean;
}

const KNOWN: readonly (keyof TaskOptions)[] = [
  'queue',
  'parameters',
  'runIn',
  'ignoreResult',
  'trackStarted',
  'acknowledge',
  'acknowledgeFailure',
  'acknowledgeTimeout',
  'onWorkerLost',
  'retry',
  'softTimeLimitSeconds',
  'hardTimeLimitSeconds',
  'rateLimit',
  'deduplicate',
];
const CHOICES = {
  runIn: ['loop', 'thread', 'process'],
  acknowledge: ['late', 'early'],
  onWorkerLost: ['redeliver', 'retry', 'fail'],
} as const;
const RATE = /^\d+(\.\d+)?(\/[smh])?$/;

/** @throws InvalidConfiguration with everything that is wrong with the options of a task */
export function checkTaskOptions(task: string, options: TaskOptions): void {
  throwIfAny([
    ...unknownOptions(task, options),
    ...Object.entries(CHOICES).flatMap(([name, allowed]) => wrongChoice(task, options, name as keyof typeof CHOICES, allowed)),
    ...limitProblems(task, options),
    ...retryProblems(task, options.retry ?? {}),
    ...forgottenResult(task, options),
  ]);
}

/** What is wrong with tasks that are to be deduplicated where nothing is kept. */
export function deduplicationProblems(tasks: readonly { readonly name: string; readonly options: TaskOptions }[]): Problem[] {
  const fix = 'set WARREN_RESULT_BACKEND=redis (in main.ts: results: { redis: { ... } }), or remove the option';
  return tasks
    .filter(({ options }) => options.deduplicate)
    .map(({ name }) => ({
      path: `${name}.deduplicate`,
      got: true,
      rule: 'needs a result backend that keeps results; rpc keeps none',
      fix,
    }));
}

function forgottenResult(task: string, { deduplicate, ignoreResult }: TaskOptions): Problem[] {
  if (!deduplicate || !ignoreResult) return [];
  const rule = 'must not be given together with ignoreResult: no success would ever be stored';
  return [{ path: `${task}.deduplicate`, got: true, rule, fix: 'remove one of them' }];
}

function unknownOptions(task: string, options: TaskOptions): Problem[] {
  return Object.entries(options)
    .filter(([name]) => !(KNOWN as readonly string[]).includes(name))
    .map(([name, got]) => ({ path: `${task}.${name}`, got, rule: 'is not an option of a task', fix: suggest(name, KNOWN) }));
}

function wrongChoice(task: string, options: TaskOptions, name: keyof typeof CHOICES, allowed: readonly string[]): Problem[] {
  const got = options[name];
  if (got === undefined || allowed.includes(got)) return [];
  return [{ path: `${task}.${name}`, got, rule: `must be ${allowed.join(', ')}`, fix: suggest(got, allowed) }];
}

function limitProblems(task: string, options: TaskOptions): Problem[] {
  const { softTimeLimitSeconds: soft, hardTimeLimitSeconds: hard, rateLimit } = options;
  const problems: Problem[] = [];
  for (const [name, got] of Object.entries({ softTimeLimitSeconds: soft, hardTimeLimitSeconds: hard })) {
    if (got !== undefined && !(Number.isFinite(got) && got > 0))
      problems.push({ path: `${task}.${name}`, got, rule: 'must be seconds over 0', fix: 'change it' });
  }
  if (soft !== undefined && hard !== undefined && soft >= hard) {
    const rule = `must be less than hardTimeLimitSeconds (${hard})`;
    problems.push({ path: `${task}.softTimeLimitSeconds`, got: soft, rule, fix: 'lower it, or raise the other' });
  }
  if (rateLimit !== undefined && !RATE.test(rateLimit)) {
    problems.push({ path: `${task}.rateLimit`, got: rateLimit, rule: 'must be a number per s, m or h', fix: 'write it like "100/m"' });
  }
  return problems;
}

function retryProblems(task: string, retry: RetryOptions): Problem[] {
  const { max, delaySeconds, backoff, backoffMaxSeconds } = retry;
  const path = (name: keyof RetryOptions) => `${task}.retry.${name}`;
  const problems: Problem[] = [];
  if (max !== undefined && max !== null && !(Number.isInteger(max) && max >= 0)) {
    problems.push({ path: path('max'), got: max, rule: 'must be a whole number from 0, or null', fix: 'change it' });
  }
  for (const [name, got] of Object.entries({ delaySeconds, backoffMaxSeconds, backoff }) as [keyof RetryOptions, unknown][]) {
    if (got !== undefined && typeof got !== 'boolean' && !(Number.isFinite(got) && (got as number) >= 0))
      problems.push({ path: path(name), got, rule: 'must be seconds from 0', fix: 'change it' });
  }
  return problems;
}
