import type { Problem } from '../workers/problems';
import { type Limits, limitsOf, MAX_STABILIZATION_SECONDS, QUEUE_DEFAULTS, type QueueDeclaration } from '../workers/topology';
import { integer, isPlainObject, join, optional, problem, shape } from './rules';

/** A month of grace; the longest consumer timeout is what a timer of the broker can wait, 2^32 - 1 ms. */
const LONGEST = { task: 2_592_000, consumerTimeout: 4_294_967 } as const;

export const limitsRule = shape<Limits>({
  softTimeLimitSeconds: optional(integer(1, LONGEST.task, 'seconds')),
  hardTimeLimitSeconds: optional(integer(1, LONGEST.task, 'seconds')),
  gracePeriodSeconds: optional(integer(1, LONGEST.task, 'seconds')),
  // RabbitMQ supports no shorter one (documentation, consumers).
  consumerTimeoutSeconds: optional(integer(60, LONGEST.consumerTimeout, 'seconds')),
  scaleDownStabilizationSeconds: optional(integer(0, MAX_STABILIZATION_SECONDS, 'seconds')),
});

const maxTaskRule = optional(integer(1, 604_800));

/** Each must be smaller than the next one. */
const ORDER = [
  ['soft', 'softTimeLimitSeconds'],
  ['hard', 'hardTimeLimitSeconds'],
  ['grace', 'gracePeriodSeconds'],
  ['consumer timeout', 'consumerTimeoutSeconds'],
] as const satisfies readonly (readonly [word: string, limit: keyof Limits])[];

/**
 * Limits that would end a task before its time, or hand it to a second worker while the first still runs it.
 * @param queues declarations by name; those whose numbers are wrong by themselves are left out
 */
export function orderProblems(queues: Readonly<Record<string, unknown>>, path: string): Problem[] {
  return Object.entries(queues).flatMap(([name, queue]) => {
    const isSound =
      isPlainObject(queue) && limitsRule(queue['limits'], '').length === 0 && maxTaskRule(queue['maxTaskSeconds'], '').length === 0;
    return isSound ? orderProblem(queue, join(path, name, 'limits')) : [];
  });
}

/** A derived limit is always larger than the ones below it, so the one to raise is one that the user set. */
function orderProblem({ maxTaskSeconds = QUEUE_DEFAULTS.maxTaskSeconds, limits = {} }: QueueDeclaration, path: string): Problem[] {
  const resolved = limitsOf({ maxTaskSeconds, limits });
  const broken = ORDER.findIndex(([, limit], index) => {
    const larger = ORDER[index + 1];
    return larger !== undefined && resolved[limit] >= resolved[larger[1]];
  });
  const [smaller, larger] = [ORDER[broken], ORDER[broken + 1]];
  if (!smaller || !larger) return [];
  const all = ORDER.map(([word, limit]) => `${word} ${resolved[limit]}`).join(', ');
  const rule = `must be ${ORDER.map(([word]) => word).join(' < ')}`;
  return [problem(path, all, rule, `raise ${larger[1]} over ${resolved[smaller[1]]}`)];
}
