import { defaultClient } from './client/default-client';
import type { Job } from './client/job';
import { checkTaskOptions, type TaskOptions } from './task-options';

/** How one call differs from the task's own options. */
export interface SendOptions {
  /** @default - the route, else the task's queue */
  readonly queue?: string;
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
