import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Problem } from '../../workers/problems';
import { oneOf, optional, problem, shape } from '../rules';
import { type Count, countRule, renderCount } from './count';

/** How many workers may be evicted at once, for example while nodes are drained (Kubernetes, PodDisruptionBudget). */
export interface DisruptionBudget {
  /** Workers that may be missing at once: a number, or a percentage that is rounded up. */
  readonly maxUnavailable: Count;
  /**
   * Whether workers that are not ready may always be evicted. Otherwise a broker that is away, which makes every worker unready, would
   * also keep every node from being drained.
   * @default 'AlwaysAllow'
   */
  readonly unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget';
}

export const DISRUPTION_BUDGET_DEFAULTS = { unhealthyPodEvictionPolicy: 'AlwaysAllow' } as const satisfies Partial<DisruptionBudget>;

export const disruptionBudgetRule = shape<DisruptionBudget>({
  maxUnavailable: countRule(1),
  unhealthyPodEvictionPolicy: optional(oneOf(['AlwaysAllow', 'IfHealthyBudget'])),
});

/** A budget for at most one worker allows its eviction, as no budget does. */
export function disruptionBudgetProblems(budget: DisruptionBudget | undefined, mostWorkers: number, path: string): Problem[] {
  if (!budget || mostWorkers > 1) return [];
  return [problem(path, budget, `is of no use for a group of at most ${mostWorkers} workers`, 'remove it, or give the group more workers')];
}

export function createDisruptionBudget(
  scope: Construct,
  metadata: { readonly name: string; readonly labels: Record<string, string> },
  selector: Record<string, string>,
  budget: DisruptionBudget,
): k8s.KubePodDisruptionBudget {
  const { maxUnavailable, unhealthyPodEvictionPolicy = DISRUPTION_BUDGET_DEFAULTS.unhealthyPodEvictionPolicy } = budget;
  return new k8s.KubePodDisruptionBudget(scope, 'DisruptionBudget', {
    metadata,
    spec: { maxUnavailable: renderCount(maxUnavailable), unhealthyPodEvictionPolicy, selector: { matchLabels: selector } },
  });
}
