import type { Topology } from '../../workers/topology';
import type { Broker } from '../broker';
import { SCALE_DEFAULTS, type Scale } from './scale';

export interface QueueTriggerProps extends Pick<Scale, 'protocol' | 'mode'> {
  readonly broker: Broker;
  readonly topology: Topology;
  /** Name of the TriggerAuthentication. */
  readonly authentication: string;
}

/**
 * KEDA's look at one queue (KEDA documentation, RabbitMQ queue).
 * @param value figure of the queue that justifies one worker
 * @param activation figure that wakes a sleeping group when it is exceeded
 */
export function queueTrigger(props: QueueTriggerProps, queue: string, index: number, value: number, activation = 0) {
  const { protocol = SCALE_DEFAULTS.protocol, mode = SCALE_DEFAULTS.mode, broker, topology } = props;
  return {
    type: 'rabbitmq',
    name: queueTriggerName(index),
    metadata: {
      protocol,
      host: protocol === 'http' ? broker.managementUrl : `${broker.tls ? 'amqps' : 'amqp'}://${broker.address}`,
      vhostName: topology.virtualHost,
      queueName: queue,
      mode,
      value: String(value),
      ...(activation > 0 && { activationValue: String(activation) }),
    },
    authenticationRef: { name: props.authentication },
  };
}

/** Names in a scaling formula must be identifiers, which queue names need not be. */
export function queueTriggerName(index: number): string {
  return `queue${index}`;
}
