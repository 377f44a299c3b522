import type { Problem } from '../../workers/problems';
import { QUEUE_DEFAULTS, type QueueDeclaration } from '../../workers/topology';
import { amount, integer, isPlainObject, join, list, oneOf, optional, problem, type Rule, shape } from '../rules';
import { cpuProblems, cronProblems, extraTrigger } from './extra-trigger-rules';
import { pauseRule } from './pause';
import { type FallbackOptions, type Scale, SCALE_DEFAULTS } from './scale';

const seconds = integer(1, 86_400, 'seconds');

const fallbackShape = shape<FallbackOptions>({ failureThreshold: optional(integer(1, 1000)), replicas: optional(integer(0, 1000)) });

const fallback: Rule = (value, path) =>
  isPlainObject(value) ? fallbackShape(value, path) : oneOf([false], 'write { replicas: 2 }, or leave it out')(value, path);

export const scaleRule: Rule = shape<Scale>({
  min: integer(0, 1000),
  max: integer(1, 1000),
  protocol: optional(oneOf(['http', 'amqp'])),
  mode: optional(oneOf(['QueueLength', 'MessageRate'])),
  messagesPerWorker: optional(integer(1, 1_000_000)),
  latencyTargetSeconds: optional(amount(0.001, 604_800, 'seconds')),
  meanTaskSeconds: optional(amount(0.001, 604_800, 'seconds')),
  activationMessages: optional(integer(0, 1_000_000)),
  pollingSeconds: optional(seconds),
  cooldownSeconds: optional(seconds),
  fallback: optional(fallback),
  triggers: optional(list(extraTrigger)),
  pause: optional(pauseRule),
});

/**
 * Options of a scale that contradict each other; nothing, where one of them is wrong by itself.
 * @param queues declarations of the queues that the group serves
 */
export function scaleProblems(scale: Scale | undefined, queues: readonly QueueDeclaration[], path: string): Problem[] {
  if (scale === undefined || scaleRule(scale, path).length > 0) return [];
  return [
    ...rangeProblems(scale, path),
    ...replicasProblems(scale, path),
    ...capacityProblems(scale, queues, path),
    ...sleepProblems(scale, queues, path),
    ...(scale.mode === 'MessageRate' ? rateProblems(scale, path) : []),
    ...cronProblems(scale, path),
    ...cpuProblems(scale, path),
  ];
}

export function rangeProblems({ min, max }: Pick<Scale, 'min' | 'max'>, path: string): Problem[] {
  return min > max ? [problem(join(path, 'min'), min, `must not be over max (${max})`, 'raise max or lower min')] : [];
}

/** Numbers of workers that are meant for special times. */
function replicasProblems({ max, fallback, pause }: Scale, path: string): Problem[] {
  const given = [
    [join(path, 'fallback', 'replicas'), fallback ? fallback.replicas : undefined],
    [join(path, 'pause', 'replicas'), typeof pause === 'object' ? pause.replicas : undefined],
  ] as const;
  return given.flatMap(([at, replicas]) =>
    replicas !== undefined && replicas > max ? [problem(at, replicas, `must not be over max (${max})`, 'lower it or raise max')] : [],
  );
}

/** How many tasks a worker gets follows from one rule, not from two. */
function capacityProblems(scale: Scale, queues: readonly QueueDeclaration[], path: string): Problem[] {
  const { messagesPerWorker, latencyTargetSeconds: target, meanTaskSeconds: mean, mode } = scale;
  const at = (key: keyof Scale) => join(path, key);
  const longest = Math.max(...queues.map(({ maxTaskSeconds = QUEUE_DEFAULTS.maxTaskSeconds }) => maxTaskSeconds));
  const both = 'must not be given together with latencyTargetSeconds, from which it follows';
  return [
    ...(messagesPerWorker !== undefined && target !== undefined
      ? [problem(at('messagesPerWorker'), messagesPerWorker, both, 'remove one of them')]
      : []),
    ...(target !== undefined && mean === undefined
      ? [problem(at('meanTaskSeconds'), mean, 'must be given with latencyTargetSeconds', 'measure it')]
      : []),
    ...(mean !== undefined && target === undefined && mode !== 'MessageRate'
      ? [problem(at('meanTaskSeconds'), mean, 'has no effect without latencyTargetSeconds', 'give that, too')]
      : []),
    ...(target !== undefined && mean !== undefined && target < mean
      ? [
          problem(
            at('latencyTargetSeconds'),
            target,
            `must not be under meanTaskSeconds (${mean}): the task alone takes that long`,
            'raise it',
          ),
        ]
      : []),
    ...(mean !== undefined && mean > longest
      ? [problem(at('meanTaskSeconds'), mean, `must not be over the longest maxTaskSeconds (${longest})`, 'correct one of them')]
      : []),
  ];
}

/** What counts only on the way to and from zero, and what would keep a group asleep. */
function sleepProblems(scale: Scale, queues: readonly QueueDeclaration[], path: string): Problem[] {
  const { min, activationMessages: activation = SCALE_DEFAULTS.activationMessages } = scale;
  if (min > 0) {
    return (['activationMessages', 'pollingSeconds', 'cooldownSeconds'] as const)
      .filter((key) => scale[key] !== undefined)
      .map((key) =>
        problem(join(path, key), scale[key], `has no effect: the group never sleeps with min ${min}`, 'remove it, or set min to 0'),
      );
  }
  const room = queues.reduce((sum, { maxLength = Number.POSITIVE_INFINITY }) => sum + maxLength, 0);
  if (activation < room) return [];
  const rule = `must be under the maxLength of the queues (${room}), or nothing wakes the group`;
  return [problem(join(path, 'activationMessages'), activation, rule, 'lower it')];
}

function rateProblems(scale: Scale, path: string): Problem[] {
  const { min, protocol, meanTaskSeconds, latencyTargetSeconds, messagesPerWorker } = scale;
  const at = (key: keyof Scale) => join(path, key);
  const others = { messagesPerWorker, latencyTargetSeconds };
  return [
    ...(protocol === 'amqp' ? [problem(at('protocol'), protocol, 'has no message rates', "use 'http', or mode 'QueueLength'")] : []),
    ...(meanTaskSeconds === undefined
      ? [problem(at('meanTaskSeconds'), undefined, "must be given with mode 'MessageRate': a worker's rate follows from it", 'measure it')]
      : []),
    ...Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => problem(join(path, key), value, "has no effect with mode 'MessageRate'", 'remove it')),
    ...(min === 0
      ? [
          problem(
            at('min'),
            min,
            "must be at least 1 with mode 'MessageRate': the rate is 0 while old tasks still wait",
            "raise it, or use mode 'QueueLength'",
          ),
        ]
      : []),
  ];
}
