import { Construct } from 'constructs';
import {
  ScaledObject,
  type ScaledObjectSpec,
  ScaledObjectSpecFallbackBehavior as FallbackBehavior,
  ScaledObjectSpecTriggersMetricType as TriggerMetric,
  type TriggerAuthentication,
} from '../../imports/keda.sh';
import { type Topology, withoutUndefined } from '../../workers/topology';
import type { Broker } from '../broker';
import { labelsOf } from '../pod';
import { hpaBehavior, longest } from './behavior';
import { capacityOf } from './capacity';
import { renderTrigger } from './extra-triggers';
import { refuseSecondScaler } from './one-scaler';
import { pauseAnnotations } from './pause';
import { queueTrigger } from './queue-trigger';
import { FALLBACK_DEFAULTS, type Scale, SCALE_DEFAULTS } from './scale';
import { scalingFormula } from './scaling-formula';
import { triggerAuthentication } from './trigger-authentication';

export interface QueueAutoscalerProps extends Scale {
  /** Name of the ScaledObject; its HorizontalPodAutoscaler is `keda-hpa-<name>`. */
  readonly name: string;
  readonly partOf: string;
  /** Name of the Deployment to scale. */
  readonly target: string;
  readonly topology: Topology;
  readonly queues: readonly string[];
  /** Tasks one worker takes at once: unless said otherwise, the length of queue that justifies one more worker. */
  readonly concurrency: number;
  readonly broker: Broker;
}

/**
 * Scales a worker group on the messages in its queues, waiting and running: KEDA asks RabbitMQ's management API, because over AMQP it
 * would see only the waiting ones and remove workers that are busy (KEDA documentation, RabbitMQ queue scaler, protocol http).
 */
export class QueueAutoscaler extends Construct {
  readonly authentication: TriggerAuthentication;
  readonly scaledObject: ScaledObject;

  /** @throws InvalidConfiguration when something else in the chart scales the target */
  constructor(scope: Construct, id: string, props: QueueAutoscalerProps) {
    super(scope, id);
    const { name, partOf, broker } = props;
    const labels = labelsOf(name, 'autoscaler', partOf).all;
    refuseSecondScaler(this, props.target);
    this.authentication = triggerAuthentication(this, { name, labels, broker });
    this.scaledObject = new ScaledObject(this, 'ScaledObject', {
      metadata: { name, labels, annotations: pauseAnnotations(props.pause) },
      spec: renderSpec({ ...SCALE_DEFAULTS, ...withoutUndefined(props) }),
    });
  }
}

type Resolved = QueueAutoscalerProps & Required<Pick<Scale, 'activationMessages' | 'pollingSeconds' | 'triggers'>>;

function renderSpec(props: Resolved): ScaledObjectSpec {
  const { queues, activationMessages: activation } = props;
  const hasFormula = queues.length > 1;
  const capacity = capacityOf(props, props.concurrency, hasFormula);
  const extras = props.triggers.map((extra, index) => renderTrigger(extra, index, capacity.target));
  const look = { ...props, authentication: props.name };
  return {
    scaleTargetRef: { name: props.target },
    minReplicaCount: props.min,
    maxReplicaCount: props.max,
    ...renderSleep(props),
    ...renderFallback(props),
    advanced: {
      horizontalPodAutoscalerConfig: { behavior: hpaBehavior(stabilizationSeconds(props)) },
      ...(hasFormula && { scalingModifiers: scalingFormula(queues.length, capacity, extras, activation) }),
    },
    triggers: [
      ...queues.map((queue, index) => ({
        ...queueTrigger(look, queue, index, capacity.target, hasFormula ? 0 : activation),
        metricType: TriggerMetric.AVERAGE_VALUE,
      })),
      ...extras.map(({ trigger }) => trigger),
    ],
  };
}

/** Both count only on the way to and from zero: KEDA's admission webhook warns that they are "not relevant" otherwise. */
function renderSleep({ min, pollingSeconds, cooldownSeconds, ...props }: Resolved) {
  if (min > 0) return {};
  return { pollingInterval: pollingSeconds, cooldownPeriod: cooldownSeconds ?? Math.max(60, stabilizationSeconds(props)) };
}

function renderFallback({ fallback = {}, min }: Resolved): Pick<ScaledObjectSpec, 'fallback'> {
  if (fallback === false) return {};
  const { failureThreshold = FALLBACK_DEFAULTS.failureThreshold, replicas = Math.max(1, min) } = fallback;
  return { fallback: { failureThreshold, replicas, behavior: FallbackBehavior.CURRENT_REPLICAS_IF_HIGHER } };
}

function stabilizationSeconds({ topology, queues }: Pick<QueueAutoscalerProps, 'topology' | 'queues'>): number {
  return longest('scaleDownStabilizationSeconds', topology, queues);
}
