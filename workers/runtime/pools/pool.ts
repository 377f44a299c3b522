import type { CallFacts } from '../../task-context';
import type { Verdict } from '../verdict';

/** One try of a task, ready to run. */
export interface Call {
  readonly facts: CallFacts;
  /** In the order of the function's parameters. */
  readonly args: readonly unknown[];
}

/** Why a running task is asked to stop; becomes the reason of its context's signal. */
export type StopReason =
  | { readonly kind: 'soft-limit'; readonly seconds: number }
  | { readonly kind: 'terminated'; readonly signal: string }
  | { readonly kind: 'draining' };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a running task says before it ends. */
export interface CallListener {
  /** Its function begins now, in this process. Not called when the thread or child dies before. */
  started(pid: number): void;
  progress(meta: unknown): void;
  log(level: LogLevel, fields: object, text: string): void;
}

/** A try under way. */
export interface RunningCall {
  /** Never rejects. */
  readonly verdict: Promise<Verdict>;
  /** Asks the task to stop: aborts its signal. */
  stop(reason: StopReason): void;
  /**
   * Ends it without asking; its verdict is then `lost`.
   * @returns false where that is impossible: on the event loop
   */
  kill(): boolean;
}

/** A place where tasks run. */
export interface Pool {
  start(call: Call, listener: CallListener): RunningCall;
  /** Ends everything that still runs in it. */
  close(): Promise<void>;
}

/** When a thread or child process is replaced. It is never replaced under a running task. */
export interface RecycleLimits {
  /** Tasks it runs in all. */
  readonly maxTasks: number;
  /** Memory that it may hold after a task. */
  readonly maxMemoryBytes: number;
}
