import { defaultClient } from './client/default-client';
import type { Job } from './client/job';
import { checkTaskOptions, type TaskOptions } from './task-options';

/** How one call differs from the task's own options. */
export interface SendOptions {
  /** @default - the route, else the task's queue */
  readonly queue?: string;
  /**
   * Sends to every queue that takes the topic, instead of one queue. The result is that of whichever ends first.
   * @default - to a queue
   */
  readonly topic?: string;
  /**
   * Sends to every worker that listens to this broadcast now, instead of a queue.
   * @default - to a queue
   */
  readonly broadcast?: string;
  /** Keyword arguments, for tasks of Python workers. @default {} */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Not to run before so many seconds have passed (Celery's `countdown`); waits in the broker. @default 0 */
  readonly delaySeconds?: number;
  /** Not to run before this time; waits in the broker. @default - at once */
  readonly eta?: Date;
  /** Not to run later than so many seconds from now. @default - never too late */
  readonly expiresSeconds?: number;
  /** Not to run after this time. @default - never too late */
  readonly expires?: Date;
  /** Seconds until the task is told to stop; at most its queue's. @default - the task's own */
  readonly softTimeLimitSeconds?: number;
  /** Seconds until the task is ended; at most its queue's. @default - the task's own */
  readonly hardTimeLimitSeconds?: number;
  /** Headers of the caller's own; the task reads them in its context. @default {} */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** For large arguments. @default - not compressed */
  readonly compression?: 'zlib' | 'brotli';
  /** Id of the task. @default - a fresh UUID */
  readonly id?: string;
  /** What logs, events and Flower show in place of the arguments, for example to hide a secret. @default - the arguments */
  readonly shown?: string;
  /** 0 (lowest) to 31. @default - the queue's priority */
  readonly priority?: number;
  /** @default - the task's own choice */
  readonly ignoreResult?: boolean;
}

/** A registered function: workers run it by its name, clients send it with typed arguments. */
export class Task<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  constructor(
    readonly name: string,
    readonly options: TaskOptions,
    /** The function itself, for tests and direct calls. */
    readonly run: (...args: A) => R | Promise<R>,
  ) {}

  /** Sends the task with the default client. Resolves when the broker has accepted it: confirmed and routed to a queue. */
  delay(...args: A): Promise<Job<R>> {
    return this.send(args);
  }

  /** `delay` with options (Celery's `apply_async`). */
  send(args: A, options: SendOptions = {}): Promise<Job<R>> {
    return defaultClient().send(this, args, options);
  }
}

const registry = new Map<string, Task>();

/**
 * Declares a task: `export const add = task('tasks.add', (x: number, y: number) => x + y)`.
 * Arguments and result travel as JSON.
 * @throws Error when the name is taken; InvalidConfiguration when an option is wrong
 */
export function task<A extends unknown[], R>(name: string, run: (...args: A) => R): Task<A, Awaited<R>>;
export function task<A extends unknown[], R>(name: string, options: TaskOptions, run: (...args: A) => R): Task<A, Awaited<R>>;
export function task<A extends unknown[], R>(
  name: string,
  ...rest: [(...args: A) => R] | [TaskOptions, (...args: A) => R]
): Task<A, Awaited<R>> {
  const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
  checkTaskOptions(name, options);
  if (registry.has(name)) throw new Error(`task "${name}" is declared twice -> give one of them another name`);
  const declared = new Task<A, Awaited<R>>(name, options, run as (...args: A) => Awaited<R>);
  registry.set(name, declared as unknown as Task);
  return declared;
}

/** All tasks declared so far, by name. */
export function registeredTasks(): ReadonlyMap<string, Task> {
  return registry;
}
