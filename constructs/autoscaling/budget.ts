import type { Problem } from '../../workers/problems';
import { integer, join, optional, problem, shape } from '../rules';

/** What all workers together may take of what they share. Without it nothing is checked. */
export interface Budget {
  /**
   * Connections to the broker. A worker takes up to 3: one to consume, one to publish, one to wait for results of tasks that it calls.
   * @default - no limit
   */
  readonly connections?: number;
  /**
   * Tasks at once, for example because each holds a connection to a database that takes no more.
   * @default - no limit
   */
  readonly tasks?: number;
}

export const CONNECTIONS_PER_WORKER = 3;

export const budgetRule = shape<Budget>({
  connections: optional(integer(1, 1_000_000)),
  tasks: optional(integer(1, 1_000_000)),
});

/** A worker group when all of its workers run. */
export interface GroupAtMost {
  readonly workers: number;
  readonly concurrency: number;
}

/** @param groups worker groups by name */
export function budgetProblems({ connections, tasks }: Budget, groups: Readonly<Record<string, GroupAtMost>>): Problem[] {
  const entries = Object.entries(groups);
  const over = (key: keyof Budget, limit: number | undefined, unit: string, costOf: (group: GroupAtMost) => number): Problem[] => {
    const total = entries.reduce((sum, [, group]) => sum + costOf(group), 0);
    if (limit === undefined || total <= limit) return [];
    const parts = entries.map(([name, group]) => `${name} ${costOf(group)}`).join(' + ');
    return [problem(join('budget', key), limit, `is less than the ${total} ${unit} of all workers (${parts})`, 'lower max, or raise it')];
  };
  return [
    ...over('connections', connections, 'connections', ({ workers }) => workers * CONNECTIONS_PER_WORKER),
    ...over('tasks', tasks, 'tasks', ({ workers, concurrency }) => workers * concurrency),
  ];
}
