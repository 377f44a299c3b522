import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';

/** What is known of the call a task serves. Plain data: it also goes to threads and child processes. */
export interface CallFacts {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  /** Tries before this one that ended with a retry. */
  readonly retries: number;
  /** Whether the broker gave the message to a worker before. */
  readonly redelivered: boolean;
  /** Deliveries that failed: their worker died, or refused them. RabbitMQ's `x-delivery-count`. */
  readonly failedDeliveries: number;
  readonly rootId: string;
  readonly parentId: string | null;
  /** Headers of the message that the protocol does not know: those the caller set. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Log lines of a task: they carry its name and id. */
export interface TaskLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** What a running task can learn and say. */
export interface TaskContext extends CallFacts {
  /**
   * Aborted when the task should stop: `SoftTimeLimitExceeded`, `TaskTerminated` or `WorkerDraining` is its reason. Give it to `fetch`,
   * timers and database calls. It comes as a message: a loop that computes sees it at its next `await heartbeat()`, not before.
   */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /**
   * Tells the caller how far the task is: state PROGRESS with `meta` as its result. Not awaited, not kept.
   * @throws TypeError when `meta` is not JSON
   */
  progress(meta: unknown): void;
  /**
   * For loops that compute: lets heartbeats, probes and messages be served, then goes on.
   * @throws the signal's reason when the task should stop
   */
  heartbeat(): Promise<void>;
}

const storage = new AsyncLocalStorage<TaskContext>();

/**
 * The context of the running task.
 * @throws Error when called outside of one
 */
export function taskContext(): TaskContext {
  const context = storage.getStore();
  if (!context) throw new Error('taskContext() was called outside of a running task -> call it in the function of the task');
  return context;
}

export function runInContext<R>(context: TaskContext, run: () => R): R {
  return storage.run(context, run);
}

/** What a runner gives; the rest of a context follows from it. */
export interface ContextParts {
  readonly facts: CallFacts;
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  readonly progress: (meta: unknown) => void;
}

export function createContext({ facts, signal, log, progress }: ContextParts): TaskContext {
  const heartbeat = async (): Promise<void> => {
    await setImmediate();
    signal.throwIfAborted();
  };
  // As JSON at once: what cannot be told fails here, wherever the task runs, and what the task changes later changes nothing.
  const tell = (meta: unknown): void => progress(JSON.parse(JSON.stringify(meta ?? null)));
  return { ...facts, signal, log, progress: tell, heartbeat };
}
