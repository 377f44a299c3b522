import type { k8s } from 'cdk8s-plus-27';
import { ENVIRONMENT } from '../../workers/environment';
import { amountOf } from '../quantity';
import { integer, optional, quantity, type Rule, shape } from '../rules';

/** When the threads and child processes of tasks with `runIn: 'thread'` or `'process'` are replaced; never under a running task. */
export interface ChildOptions {
  /**
   * Tasks after which one is replaced. Celery's `worker_max_tasks_per_child`.
   * @default - never
   */
  readonly maxTasks?: number;
  /**
   * Memory over which one is replaced after a task: the heap of a thread, all of a child process. Celery's `worker_max_memory_per_child`.
   * @default - never
   */
  readonly maxMemory?: string;
}

export const childrenRule: Rule = shape<ChildOptions>({
  maxTasks: optional(integer(1, 1_000_000_000)),
  maxMemory: optional(quantity('bytes')),
});

export function childVariables({ maxTasks, maxMemory }: ChildOptions): k8s.EnvVar[] {
  return [
    ...(maxTasks === undefined ? [] : [{ name: ENVIRONMENT.maxTasksPerChild, value: String(maxTasks) }]),
    ...(maxMemory === undefined
      ? []
      : [{ name: ENVIRONMENT.maxMemoryPerChildMib, value: String(Math.ceil(amountOf(maxMemory) / 2 ** 20)) }]),
  ];
}
