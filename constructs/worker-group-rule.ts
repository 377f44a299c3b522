import type { Problem } from '../workers/problems';
import type { QueueDeclaration } from '../workers/topology';
import { cpuScaleRule } from './autoscaling/cpu-scale-rules';
import { jobScaleRule } from './autoscaling/job-scale';
import { scaleProblems } from './autoscaling/scale-rules';
import type { Resources } from './pod';
import { distinct, image, integer, isPlainObject, join, list, optional, problem, quantity, type Rule, shape } from './rules';
import type { WorkerGroup } from './task-cluster';
import { declaredQueue } from './topology-rules';

/** Ways to say how many workers there are. */
const COUNTS = ['scale', 'hpa', 'jobs', 'replicas'] as const satisfies readonly (keyof WorkerGroup)[];

/** @param queues the declared queues, which may be wrong themselves */
export function workerGroupRule(queues: Readonly<Record<string, QueueDeclaration>>): Rule {
  const fields = shape<WorkerGroup>({
    queues: distinct(list(declaredQueue(Object.keys(queues)), 1)),
    // RabbitMQ advises against a prefetch over 2000 on quorum queues.
    concurrency: optional(integer(1, 2000)),
    scale: () => [],
    hpa: optional(cpuScaleRule),
    jobs: optional(jobScaleRule),
    replicas: optional(integer(0, 1000)),
    resources: optional(shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') })),
    image: optional(image),
  });
  return (value, path) => {
    const problems = fields(value, path);
    if (!isPlainObject(value)) return problems;
    const { scale } = value;
    return [
      ...problems,
      ...(scale === undefined ? [] : scaleProblems(scale, served(value, queues), join(path, 'scale'))),
      ...(problems.length > 0
        ? []
        : [...countProblems(value as unknown as WorkerGroup, path), ...jobProblems(value as unknown as WorkerGroup, path)]),
    ];
  };
}

/** Declarations of the queues that a group names, as far as they can be made out. */
function served(group: Readonly<Record<string, unknown>>, queues: Readonly<Record<string, QueueDeclaration>>): QueueDeclaration[] {
  const names: unknown[] = Array.isArray(group['queues']) ? group['queues'] : [];
  return names.map((name) => queues[String(name)]).filter((queue) => isPlainObject(queue));
}

/** Only one may set the number of workers. */
function countProblems(group: WorkerGroup, path: string): Problem[] {
  const [first, ...others] = COUNTS.filter((key) => group[key] !== undefined);
  return others.map((key) =>
    problem(join(path, key), group[key], `must not be given together with ${first}: the two would fight`, 'remove one of them'),
  );
}

function jobProblems({ jobs, concurrency = 1 }: WorkerGroup, path: string): Problem[] {
  if (!jobs || concurrency === 1) return [];
  return [problem(join(path, 'concurrency'), concurrency, 'must be 1 with jobs: each Job runs one task', 'remove it')];
}
