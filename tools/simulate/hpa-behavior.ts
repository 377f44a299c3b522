/** One rule of how fast replicas may change: `Pods` adds or removes that many, `Percent` that share, within `periodSeconds`. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/** One direction of a HorizontalPodAutoscaler's `behavior`. */
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
}

export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** `behavior` as a manifest has it: what is absent has the default of `DEFAULT_BEHAVIOR`, a list of policies replaces the whole list. */
export type BehaviorInManifest = { readonly [K in keyof Behavior]?: Partial<Behavior[K]> };

/** Seconds without `behavior`: the controller manager's `--horizontal-pod-autoscaler-downscale-stabilization`. */
export const DOWNSCALE_STABILIZATION_SECONDS = 300;

/** What the API server fills in where `behavior` is given in part (Kubernetes API reference, HorizontalPodAutoscalerBehavior v2). */
export const DEFAULT_BEHAVIOR: Behavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: DOWNSCALE_STABILIZATION_SECONDS,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
};

export function resolveBehavior(given: BehaviorInManifest): Behavior {
  return {
    scaleUp: { ...DEFAULT_BEHAVIOR.scaleUp, ...given.scaleUp },
    scaleDown: { ...DEFAULT_BEHAVIOR.scaleDown, ...given.scaleDown },
  };
}
