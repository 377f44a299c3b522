import type { Problem } from '../../workers/problems';
import type { QueueDeclaration } from '../../workers/topology';
import type { BrokerProvider } from '../broker';
import { isPlainObject, join, problem } from '../rules';
import type { TaskClusterProps, WorkerGroup } from '../task-cluster';
import { budgetProblems } from './budget';
import { scaleProblems } from './scale-rules';

/** Ways to say how many workers there are. */
const WAYS = ['scale', 'hpa', 'jobs', 'replicas'] as const satisfies readonly (keyof WorkerGroup)[];

/** What contradicts each other in the numbers of workers of all groups; their options one by one are checked with the group. */
export function workerCountProblems({ workers, queues }: TaskClusterProps, { reportsRates }: BrokerProvider): Problem[] {
  if (!isPlainObject(workers)) return [];
  const declared = isPlainObject(queues) ? queues : {};
  return Object.entries(workers).flatMap(([name, group]) => {
    if (!isPlainObject(group)) return [];
    const path = join('workers', name);
    return [
      ...wayProblems(group, path),
      ...jobProblems(group, path),
      ...scaleProblems(group.scale, served(group, declared), join(path, 'scale')),
      ...(reportsRates === false ? rateProblems(group, path) : []),
    ];
  });
}

/** The most that the worker groups may take, which is worth looking at only when their numbers are right. */
export function overBudget({ budget = {}, workers }: TaskClusterProps): Problem[] {
  const groups = Object.entries(workers).map(([name, { replicas = 1, concurrency = 1, scale, hpa, jobs }]) => {
    return [name, { workers: (scale ?? hpa ?? jobs)?.max ?? replicas, concurrency }];
  });
  return budgetProblems(budget, Object.fromEntries(groups));
}

/** Declarations of the queues that a group names, as far as they can be made out. */
function served(group: WorkerGroup, queues: Readonly<Record<string, QueueDeclaration>>): QueueDeclaration[] {
  const names: unknown[] = Array.isArray(group.queues) ? group.queues : [];
  return names.map((name) => queues[String(name)]).filter((queue) => isPlainObject(queue));
}

/** Only one may set the number of workers. */
function wayProblems(group: WorkerGroup, path: string): Problem[] {
  const [first, ...others] = WAYS.filter((key) => group[key] !== undefined);
  return others.map((key) =>
    problem(join(path, key), group[key], `must not be given together with ${first}: the two would fight`, 'remove one of them'),
  );
}

function jobProblems(group: WorkerGroup, path: string): Problem[] {
  const { jobs, concurrency = 1 } = group;
  if (!jobs) return [];
  const meaningless = (['deletionCost', 'rollout', 'disruptionBudget'] as const).filter((key) => group[key] !== undefined);
  return [
    ...(concurrency === 1
      ? []
      : [problem(join(path, 'concurrency'), concurrency, 'must be 1 with jobs: each Job runs one task', 'remove it')]),
    ...meaningless.map((key) => problem(join(path, key), group[key], 'means nothing with jobs: no Deployment is rendered', 'remove it')),
  ];
}

/** KEDA would read 0 messages per second and never add a worker. */
function rateProblems({ scale }: WorkerGroup, path: string): Problem[] {
  if (scale?.mode !== 'MessageRate') return [];
  const rule = 'needs message rates, which management.rates_mode = none turns off';
  const fix = "remove that from the broker's configuration, or use 'QueueLength'";
  return [problem(join(path, 'scale', 'mode'), scale.mode, rule, fix)];
}
