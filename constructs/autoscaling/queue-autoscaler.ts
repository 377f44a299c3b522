import { Construct } from 'constructs';
import {
  ScaledObject,
  type ScaledObjectSpec,
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleDownPoliciesType as DownPolicy,
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleUpPoliciesType as UpPolicy,
  ScaledObjectSpecAdvancedHorizontalPodAutoscalerConfigBehaviorScaleUpSelectPolicy as UpSelect,
  ScaledObjectSpecAdvancedScalingModifiersMetricType as FormulaMetric,
  ScaledObjectSpecFallbackBehavior as Fallback,
  ScaledObjectSpecTriggersMetricType as TriggerMetric,
  TriggerAuthentication,
} from '../../imports/keda.sh';
import { limitsOf, type Topology } from '../../workers/topology';
import { CREDENTIAL_KEYS } from '../../workers/secrets/secret';
import type { Broker } from '../broker';
import { USERS } from '../broker-users';
import { labelsOf } from '../pod';
import { brokerTrust } from './broker-trust';

/** How many workers a group may have. */
export interface Scale {
  /** Fewest workers; 0 lets the group sleep while its queues are empty. */
  readonly min: number;
  /** Most workers. */
  readonly max: number;
}

export interface QueueAutoscalerProps extends Scale {
  /** Name of the ScaledObject; its HorizontalPodAutoscaler is `keda-hpa-<name>`. */
  readonly name: string;
  readonly partOf: string;
  /** Name of the Deployment to scale. */
  readonly target: string;
  readonly topology: Topology;
  readonly queues: readonly string[];
  /** Tasks one worker takes at once: the length of queue that justifies one more worker. */
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

  constructor(scope: Construct, id: string, props: QueueAutoscalerProps) {
    super(scope, id);
    const labels = labelsOf(props.name, 'autoscaler', props.partOf).all;
    const trust = brokerTrust(this, props.name, labels, props.broker.tls);
    this.authentication = new TriggerAuthentication(this, 'Authentication', {
      metadata: { name: props.name, labels },
      // Two parameters instead of a URL: KEDA encodes them itself, so any character may be in a password.
      spec: {
        secretTargetRef: [
          ...Object.values(CREDENTIAL_KEYS).map((key) => ({ parameter: key, name: props.broker.secretOf(USERS.keda), key })),
          ...trust.secrets,
        ],
        configMapTargetRef: trust.configMaps,
      },
    });
    this.scaledObject = new ScaledObject(this, 'ScaledObject', { metadata: { name: props.name, labels }, spec: this.renderSpec(props) });
  }

  private renderSpec(props: QueueAutoscalerProps): ScaledObjectSpec {
    return {
      scaleTargetRef: { name: props.target },
      minReplicaCount: props.min,
      maxReplicaCount: props.max,
      // Both count only on the way to and from zero (KEDA's admission webhook warns about them otherwise).
      ...(props.min === 0 && { pollingInterval: 5, cooldownPeriod: Math.max(60, this.stabilizationSeconds(props)) }),
      fallback: { failureThreshold: 3, replicas: Math.max(1, props.min), behavior: Fallback.CURRENT_REPLICAS_IF_HIGHER },
      advanced: {
        horizontalPodAutoscalerConfig: { behavior: this.renderBehavior(props) },
        ...(props.queues.length > 1 && { scalingModifiers: this.renderSum(props) }),
      },
      triggers: props.queues.map((queue, index) => ({
        type: 'rabbitmq',
        name: triggerName(index),
        metricType: TriggerMetric.AVERAGE_VALUE,
        metadata: {
          protocol: 'http',
          host: props.broker.managementUrl,
          vhostName: props.topology.virtualHost,
          queueName: queue,
          mode: 'QueueLength',
          value: String(props.concurrency),
        },
        authenticationRef: { name: props.name },
      })),
    };
  }

  /** Several triggers alone would scale on the longest queue; the workers of a group serve their sum. */
  private renderSum(props: QueueAutoscalerProps) {
    return {
      formula: props.queues.map((_, index) => triggerName(index)).join(' + '),
      target: String(props.concurrency),
      metricType: FormulaMetric.AVERAGE_VALUE,
    };
  }

  private renderBehavior(props: QueueAutoscalerProps) {
    return {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: UpSelect.MAX,
        policies: [
          { type: UpPolicy.PERCENT, value: 100, periodSeconds: 15 },
          { type: UpPolicy.PODS, value: 4, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: this.stabilizationSeconds(props),
        policies: [{ type: DownPolicy.PERCENT, value: 50, periodSeconds: 60 }],
      },
    };
  }

  private stabilizationSeconds({ topology, queues }: QueueAutoscalerProps): number {
    const served = topology.queues.filter((queue) => queues.includes(queue.name));
    return Math.max(...served.map((queue) => limitsOf(queue).scaleDownStabilizationSeconds));
  }
}

/** Names in a scaling formula must be identifiers, which queue names need not be. */
function triggerName(index: number): string {
  return `queue${index}`;
}
