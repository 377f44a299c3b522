import {
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleDownPoliciesType as DownPolicy,
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleUpPoliciesType as UpPolicy,
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleUpSelectPolicy as UpSelect,
} from '../../imports/keda.sh';
import { type Limits, limitsOf, type Queue, type Topology } from '../../workers/topology';

/** How fast a HorizontalPodAutoscaler may go: up at once, doubling or by four; down by half a minute, after the patience of the queues. */
export function hpaBehavior(stabilizationWindowSeconds: number) {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: UpSelect.MAX,
      policies: [
        { type: UpPolicy.PERCENT, value: 100, periodSeconds: 15 },
        { type: UpPolicy.PODS, value: 4, periodSeconds: 15 },
      ],
    },
    scaleDown: { stabilizationWindowSeconds, policies: [{ type: DownPolicy.PERCENT, value: 50, periodSeconds: 60 }] },
  };
}

/** The longest limit of the queues that a group serves, in seconds. */
export function longest(limit: keyof Limits, topology: Topology, queues: readonly string[]): number {
  const served: Queue[] = topology.queues.filter((queue) => queues.includes(queue.name));
  return Math.max(...served.map((queue) => limitsOf(queue)[limit]));
}
