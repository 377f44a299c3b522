import { ScaledObjectSpecAdvancedScalingModifiersMetricType as FormulaMetric } from '../../imports/keda.sh';
import type { Capacity } from './capacity';
import type { RenderedTrigger } from './extra-triggers';
import { queueTriggerName } from './queue-trigger';

/**
 * One figure out of all triggers. Several queues alone would scale on the longest one, while the workers of a group serve their sum. With a
 * formula KEDA looks at nothing else, so that every other trigger stands in it, too, turned into tasks; only the CPU stays outside, which
 * KEDA 2.20.2 refuses in a formula ("unknown name").
 */
export function scalingFormula(queues: number, { target, factor }: Capacity, extras: readonly RenderedTrigger[], activation: number) {
  const sum = Array.from({ length: queues }, (_, index) => queueTriggerName(index)).join(' + ');
  const terms = [factor === 1 ? sum : `(${sum}) * ${factor}`, ...extras.flatMap(({ term }) => term ?? [])];
  return {
    formula: terms.length > 1 ? `max(${terms.join(', ')})` : terms.join(''),
    target: String(target),
    ...(activation > 0 && { activationTarget: String(activation) }),
    metricType: FormulaMetric.AVERAGE_VALUE,
  };
}
