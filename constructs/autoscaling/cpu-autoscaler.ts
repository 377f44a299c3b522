import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Topology } from '../../workers/topology';
import { labelsOf } from '../pod';
import { hpaBehavior, longest } from './behavior';
import { refuseSecondScaler } from './one-scaler';
import { CPU_SCALE_DEFAULTS, type CpuScale } from './scale';

export interface CpuAutoscalerProps extends CpuScale {
  /** Name of the HorizontalPodAutoscaler. */
  readonly name: string;
  readonly partOf: string;
  /** Name of the Deployment to scale. */
  readonly target: string;
  readonly topology: Topology;
  readonly queues: readonly string[];
}

/** Scales a worker group on its CPU with what every cluster has; the patience before workers are removed is that of the queues. */
export class CpuAutoscaler extends Construct {
  readonly autoscaler: k8s.KubeHorizontalPodAutoscalerV2;

  /** @throws InvalidConfiguration when something else in the chart scales the target */
  constructor(scope: Construct, id: string, props: CpuAutoscalerProps) {
    super(scope, id);
    refuseSecondScaler(this, props.target);
    const { cpuPercent = CPU_SCALE_DEFAULTS.cpuPercent } = props;
    this.autoscaler = new k8s.KubeHorizontalPodAutoscalerV2(this, 'Autoscaler', {
      metadata: { name: props.name, labels: labelsOf(props.name, 'autoscaler', props.partOf).all },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: props.target },
        minReplicas: props.min,
        maxReplicas: props.max,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } } }],
        behavior: hpaBehavior(longest('scaleDownStabilizationSeconds', props.topology, props.queues)),
      },
    });
  }
}
