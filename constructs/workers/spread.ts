import type { k8s } from 'cdk8s-plus-27';
import { withoutUndefined } from '../../workers/topology';
import { oneOf, optional, type Shape } from '../rules';

/** How the workers of a group spread out (Kubernetes documentation, topology spread constraints). */
export interface SpreadOptions {
  /**
   * What a worker does when its machine has more workers of the group than others: `ScheduleAnyway` starts there if there is no better
   * one, `DoNotSchedule` waits.
   * @default 'ScheduleAnyway'
   */
  readonly nodeSpread?: 'ScheduleAnyway' | 'DoNotSchedule';
  /**
   * The same for zones.
   * @default 'ScheduleAnyway'
   */
  readonly zoneSpread?: 'ScheduleAnyway' | 'DoNotSchedule';
}

export const SPREAD_DEFAULTS = { nodeSpread: 'ScheduleAnyway', zoneSpread: 'ScheduleAnyway' } as const satisfies SpreadOptions;

export const spreadFields: Shape<SpreadOptions> = {
  nodeSpread: optional(oneOf(['ScheduleAnyway', 'DoNotSchedule'])),
  zoneSpread: optional(oneOf(['ScheduleAnyway', 'DoNotSchedule'])),
};

export function renderSpread({ nodeSpread, zoneSpread }: SpreadOptions, selector: Record<string, string>): k8s.TopologySpreadConstraint[] {
  const wish = { ...SPREAD_DEFAULTS, ...withoutUndefined({ nodeSpread, zoneSpread }) };
  const over = (topologyKey: string, whenUnsatisfiable: string): k8s.TopologySpreadConstraint => ({
    topologyKey,
    whenUnsatisfiable,
    maxSkew: 1,
    labelSelector: { matchLabels: selector },
    // During a rollout the old workers do not count: they are about to go.
    matchLabelKeys: ['pod-template-hash'],
  });
  return [over('kubernetes.io/hostname', wish.nodeSpread), over('topology.kubernetes.io/zone', wish.zoneSpread)];
}
