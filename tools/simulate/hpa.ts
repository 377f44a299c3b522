/**
 * The HorizontalPodAutoscaler's own arithmetic for external metrics of type AverageValue, which is what KEDA makes it use. Each function
 * names the rule of Kubernetes' controller (pkg/controller/podautoscaler) that it follows.
 */
import { type Behavior, DOWNSCALE_STABILIZATION_SECONDS, type ScalingRules } from './hpa-behavior';

/** Share the metric may be off its target before anything happens: `--horizontal-pod-autoscaler-tolerance`. */
export const TOLERANCE = 0.1;

export interface HpaSettings {
  /** At least 1: the HPA of a ScaledObject that may sleep starts at 1, and KEDA alone goes to zero. */
  readonly min: number;
  readonly max: number;
  /** `undefined`: no `behavior` at all, for which older, simpler rules hold. */
  readonly behavior: Behavior | undefined;
}

export interface Metric {
  /** Sum over all pods, for example messages of a queue. */
  readonly total: number;
  /** Wanted amount per pod. */
  readonly target: number;
}

interface Timed {
  readonly at: number;
  readonly replicas: number;
}

/** What the controller remembers from one synchronisation to the next. */
export interface HpaMemory {
  /** Replicas that were wanted before stabilisation and policies. */
  readonly recommendations: readonly Timed[];
  /** Replicas that were really added, and removed. */
  readonly added: readonly Timed[];
  readonly removed: readonly Timed[];
}

/** A controller that has just met its HPA: the replicas it finds are its first recommendation. */
export function freshMemory(at: number, replicas: number): HpaMemory {
  return { recommendations: [{ at, replicas }], added: [], removed: [] };
}

/**
 * One synchronisation, each 15 s. Readiness of pods plays no part: for external metrics the controller counts replicas, not ready pods.
 * @param current replicas of the Deployment; with 0 the HPA is disabled, as KEDA put the group to sleep
 */
export function synchronize(
  settings: HpaSettings,
  memory: HpaMemory,
  at: number,
  current: number,
  metrics: readonly Metric[],
): { replicas: number; memory: HpaMemory } {
  if (current === 0) return { replicas: 0, memory };
  if (current > settings.max) return changed(memory, at, current, settings.max);
  if (current < settings.min) return changed(memory, at, current, settings.min);
  const wanted = Math.max(...metrics.map((metric) => recommend(metric, current)));
  const stable = stabilize(settings.behavior, memory, at, current, wanted);
  const limited = limit(settings, memory, at, current, stable);
  return changed({ ...memory, recommendations: [...memory.recommendations, { at, replicas: wanted }] }, at, current, limited);
}

/** GetExternalPerPodMetricReplicas: ceil(total / target), unless the ratio is within the tolerance. */
export function recommend({ total, target }: Metric, current: number): number {
  const ratio = total / (target * current);
  return Math.abs(1 - ratio) <= TOLERANCE ? current : Math.ceil(total / target);
}

/**
 * stabilizeRecommendationWithBehaviors: not above the least that was wanted in the scale-up window, not below the most that was wanted in
 * the scale-down window.
 */
export function stabilize(behavior: Behavior | undefined, memory: HpaMemory, at: number, current: number, wanted: number): number {
  const within = (seconds: number) => [wanted, ...since(memory.recommendations, at - seconds).map(({ replicas }) => replicas)];
  // stabilizeRecommendation, without `behavior`: down only.
  if (!behavior) return Math.max(...within(DOWNSCALE_STABILIZATION_SECONDS));
  const least = Math.min(...within(behavior.scaleUp.stabilizationWindowSeconds));
  const most = Math.max(...within(behavior.scaleDown.stabilizationWindowSeconds));
  return Math.min(Math.max(current, least), most);
}

/** convertDesiredReplicasWithBehaviorRate: the policies, then the range of the HPA. */
export function limit({ min, max, behavior }: HpaSettings, memory: HpaMemory, at: number, current: number, stable: number): number {
  if (stable > current) {
    // calculateScaleUpLimit, without `behavior`: double, or 4.
    const most = behavior ? upLimit(behavior.scaleUp, memory, at, current) : Math.max(2 * current, 4);
    return Math.min(stable, max, Math.max(most, current));
  }
  if (stable < current) {
    const least = behavior ? downLimit(behavior.scaleDown, memory, at, current) : 0;
    return Math.max(stable, min, Math.min(least, current));
  }
  return stable;
}

/** calculateScaleUpLimitWithScalingRules; a share is rounded up, or one replica could never become two. */
function upLimit(rules: ScalingRules, memory: HpaMemory, at: number, current: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = atPeriodStart(memory, at - periodSeconds, current);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** calculateScaleDownLimitWithBehaviors; `Max` is the largest change, so the lowest number of replicas. Cut off, not rounded. */
function downLimit(rules: ScalingRules, memory: HpaMemory, at: number, current: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = atPeriodStart(memory, at - periodSeconds, current);
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** Replicas at the start of a policy's period: what was added since then is taken away, what was removed is added. */
function atPeriodStart({ added, removed }: HpaMemory, start: number, current: number): number {
  const sum = (events: readonly Timed[]) => since(events, start).reduce((total, { replicas }) => total + replicas, 0);
  return current - sum(added) + sum(removed);
}

/**
 * Strictly after: a change is forgotten at the synchronisation one period later, because the controller waits its 15 s from the end of one
 * synchronisation, after it has recorded the change.
 */
function since(events: readonly Timed[], start: number): readonly Timed[] {
  return events.filter(({ at }) => at > start);
}

/** Longest window and period Kubernetes allows (3600 s and 1800 s): older memories count nowhere. */
const LONGEST_SECONDS = 3600;

function changed(memory: HpaMemory, at: number, current: number, replicas: number): { replicas: number; memory: HpaMemory } {
  const fresh = (events: readonly Timed[]) => since(events, at - LONGEST_SECONDS);
  const added = replicas > current ? [{ at, replicas: replicas - current }] : [];
  const removed = replicas < current ? [{ at, replicas: current - replicas }] : [];
  return {
    replicas,
    memory: {
      recommendations: fresh(memory.recommendations),
      added: [...fresh(memory.added), ...added],
      removed: [...fresh(memory.removed), ...removed],
    },
  };
}
