import { integer, join, optional, problem, type Rule, shape } from '../rules';
import type { CpuScale } from './scale';
import { rangeProblems } from './scale-rules';

/** Options of `scale`, which somebody may expect here. */
interface KedaOnly {
  readonly fallback?: unknown;
  readonly triggers?: unknown;
  readonly pause?: unknown;
}

const needsKeda: Rule = (value, path) =>
  value === undefined ? [] : [problem(path, value, 'needs KEDA: a plain HorizontalPodAutoscaler has none', 'remove it, or use scale')];

const cpuShape = shape<CpuScale & KedaOnly>({
  min: integer(0, 1000),
  max: integer(1, 1000),
  cpuPercent: optional(integer(1, 100)),
  fallback: needsKeda,
  triggers: needsKeda,
  pause: needsKeda,
});

export const cpuScaleRule: Rule = (value, path) => {
  const problems = cpuShape(value, path);
  if (problems.length > 0) return problems;
  const scale = value as CpuScale;
  const asleep = 'must be at least 1: the CPU of no workers cannot be measured, so that they would sleep for ever';
  return scale.min === 0 ? [problem(join(path, 'min'), 0, asleep, 'raise it, or use scale')] : rangeProblems(scale, path);
};
