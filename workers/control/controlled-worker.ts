/** What remote control needs of the worker it controls; the runtime implements it. */
export interface ControlledWorker {
  /** Celery node name, `group@pod`. */
  readonly nodeName: string;
  /** Tasks of this worker that have not ended. */
  requests(): readonly RequestInfo[];
  tasks(): readonly RegisteredTask[];
  /** Queues that are consumed now. */
  queues(): readonly ConsumedQueue[];
  stats(): WorkerStats;
  /** Settings under Celery's names, without secrets. */
  settings(): Readonly<Record<string, unknown>>;

  /**
   * These tasks are in `Revoked` from now on. Those that wait here for their time may be dropped at once instead of when it comes, and a
   * result store that is found by task id can say REVOKED now, if the task is not running and has no result (Celery 5.7).
   */
  revoked(ids: readonly string[]): void;
  /** Ends a running task, or keeps it from starting; it ends REVOKED (`terminated`). Called only for tasks of `requests()`. */
  terminate(id: string, signal: TerminationSignal): void;
  /** @throws CommandError when there is nothing more to give */
  grow(by: number): void;
  /** @throws CommandError when fewer than one would be left */
  shrink(by: number): void;
  /** @param rate `null` for no limit; only tasks of `tasks()` */
  setRateLimit(task: string, rate: RateLimit | null): void;
  /** @param limits seconds, `null` for none; only tasks of `tasks()` */
  setTimeLimit(task: string, limits: { readonly hard: number | null; readonly soft: number | null }): void;
  /**
   * Consumes one queue more, also after a reconnect. A queue that is consumed already is no error.
   * @throws CommandError when the broker has no such queue or does not let this worker read it
   */
  addQueue(name: string): Promise<void>;
  /** Consumes it no more, also after a reconnect. A queue that is not consumed is no error. */
  cancelQueue(name: string): Promise<void>;
  /** Drains and ends the process, as SIGTERM does. Returns at once. */
  shutdown(): void;
}

export interface TerminationSignal {
  /** For example `SIGTERM`. */
  readonly name: NodeJS.Signals;
  readonly number: number;
}

/** One task on this worker, from its message to its end. */
export interface RequestInfo {
  /**
   * - `reserved`: received, not started
   * - `scheduled`: waits here for its ETA
   * - `active`: runs
   */
  readonly state: 'reserved' | 'scheduled' | 'active';
  readonly id: string;
  /** Name of the task. */
  readonly task: string;
  /** Name to be shown: the header `shadow`, else the task's name. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly eta: Date | null;
  readonly stamps: Readonly<Record<string, unknown>>;
  readonly exchange: string;
  readonly routingKey: string;
  readonly priority: number;
  readonly redelivered: boolean;
  /** Milliseconds since 1970; `null` before it starts. */
  readonly startedAt: number | null;
  readonly acknowledged: boolean;
  /** Process that runs it; `null` before it starts. */
  readonly pid: number | null;
}

export interface RegisteredTask {
  readonly name: string;
  /** What `inspect registered` may show, under Celery's names: `rate_limit`, `time_limit`, `queue`. */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ConsumedQueue {
  readonly name: string;
  readonly exchange: string;
  readonly exchangeType: 'direct' | 'topic' | 'fanout';
  readonly routingKey: string;
}

/** Tasks per second, and as it was written: `10/m`. */
export interface RateLimit {
  readonly text: string;
  readonly perSecond: number;
}

export interface WorkerStats {
  /** `consuming`, `connecting` or `draining`. */
  readonly state: string;
  /** Tasks started since the process began, by name. */
  readonly totals: Readonly<Record<string, number>>;
  /** What runs the tasks, for example `warren:threads`. */
  readonly implementation: string;
  /** Tasks at once. */
  readonly concurrency: number;
  /** Processes that run tasks. */
  readonly processes: readonly number[];
  readonly prefetch: number;
  /** Default time limits of tasks in seconds, 0 for none. */
  readonly timeouts: readonly [soft: number, hard: number];
  readonly broker: { readonly hosts: readonly string[]; readonly virtualHost: string };
}

/** A command that cannot be carried out; the caller sees it as a Python exception of that type. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly type: 'ValueError' | 'TypeError' | 'KeyError' | 'PermissionError' | 'NotImplementedError' | 'TimeoutError',
    message: string,
  ) {
    super(message);
  }
}
