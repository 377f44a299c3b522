import { DELAY_LEVELS, DELAYED_DELIVERY_EXCHANGE, queueBindingKey } from '../../workers/celery/delayed-delivery';
import type {
  BindingDefinition,
  Definitions,
  ExchangeDefinition,
  PolicyDefinition,
  QueueDefinition,
} from '../../workers/management/definitions';
import { limitsOf, type Queue, type Topology, WATCHDOG_QUEUE } from '../../workers/topology';
import type { BrokerUser } from '../broker-users';
import { formatJson } from '../format-json';

/** Name of the definitions file in ConfigMaps. */
export const DEFINITIONS_FILE = 'definitions.json';

/** Stands for the hash of a user's password until the init container has read the Secret. */
export function hashPlaceholder(user: string): string {
  return `HASH(${user})`;
}

/**
 * The definitions file a node imports at boot (RabbitMQ documentation, definitions), before its placeholders are filled.
 * Limits stand in policies and not in queue arguments: they can change later, and Celery clients redeclare the queues without a clash.
 */
export function definitions(topology: Topology, users: readonly BrokerUser[]): string {
  const vhost = topology.virtualHost;
  const delays = topology.delayedDelivery ? DELAY_LEVELS : [];
  const entrances = topology.delayedDelivery ? [DELAYED_DELIVERY_EXCHANGE] : [];
  const document: Definitions = {
    users: users.map((user) => ({
      name: user.name,
      password_hash: hashPlaceholder(user.name),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: user.tags,
      limits: {},
    })),
    // Only here does the default type count: at the top level of the file RabbitMQ ignores it.
    vhosts: [{ name: vhost, metadata: { description: 'Warren', tags: [], default_queue_type: 'quorum' } }],
    permissions: users.map(({ name, configure, write, read }) => ({ user: name, vhost, configure, write, read })),
    policies: topology.queues.map((queue) => policy(topology, queue)),
    exchanges: [
      exchange(vhost, topology.exchange, 'topic'),
      exchange(vhost, topology.deadLetterExchange, 'direct'),
      ...topology.broadcasts.map((name) => exchange(vhost, name, 'fanout')),
      ...[...delays.map(({ name }) => name), ...entrances].map((name) => exchange(vhost, name, 'topic')),
    ],
    queues: [
      ...topology.queues.flatMap(({ name, deadLetterQueue }) => [name, deadLetterQueue].map((each) => queue(vhost, each, QUORUM))),
      queue(vhost, WATCHDOG_QUEUE, QUORUM),
      ...delays.map(({ name, queueArguments }) => queue(vhost, name, queueArguments)),
    ],
    bindings: [
      ...topology.queues.flatMap(({ name, deadLetterQueue, topics }) => [
        binding(vhost, topology.exchange, 'queue', name, queueBindingKey(name)),
        ...topics.map((topic) => binding(vhost, topology.exchange, 'queue', name, topic)),
        binding(vhost, topology.deadLetterExchange, 'queue', deadLetterQueue, deadLetterQueue),
        ...entrances.map((entrance) => binding(vhost, entrance, 'exchange', topology.exchange, queueBindingKey(name))),
      ]),
      ...delays.flatMap(({ name, waitKey, passKey, next }) => [
        binding(vhost, name, 'queue', name, waitKey),
        binding(vhost, name, 'exchange', next, passKey),
      ]),
    ],
  };
  return `${formatJson(document)}\n`;
}

const QUORUM = { 'x-queue-type': 'quorum' };

function policy(topology: Topology, queue: Queue): PolicyDefinition {
  return {
    vhost: topology.virtualHost,
    name: queue.name,
    pattern: `^${queue.name.replace(/[.]/g, '\\.')}$`,
    'apply-to': 'quorum_queues',
    priority: 10,
    definition: {
      'consumer-timeout': limitsOf(queue).consumerTimeoutSeconds * 1000,
      'dead-letter-exchange': topology.deadLetterExchange,
      'dead-letter-routing-key': queue.deadLetterQueue,
      // At-least-once works only together with reject-publish; otherwise RabbitMQ falls back to at-most-once without a word.
      'dead-letter-strategy': 'at-least-once',
      'delivery-limit': queue.deliveryLimit,
      ...(queue.redeliveryDelay && {
        // Only failed deliveries: what a draining worker hands back must not wait.
        'delayed-retry-type': 'failed',
        'delayed-retry-min': queue.redeliveryDelay.minSeconds * 1000,
        'delayed-retry-max': queue.redeliveryDelay.maxSeconds * 1000,
      }),
      ...(queue.messageTtlSeconds !== null && { 'message-ttl': queue.messageTtlSeconds * 1000 }),
      ...(queue.maxLength !== null && { 'max-length': queue.maxLength }),
      overflow: 'reject-publish',
    },
  };
}

function exchange(vhost: string, name: string, type: ExchangeDefinition['type']): ExchangeDefinition {
  return { name, vhost, type, durable: true, auto_delete: false, internal: false, arguments: {} };
}

function queue(vhost: string, name: string, args: QueueDefinition['arguments']): QueueDefinition {
  return { name, vhost, durable: true, auto_delete: false, arguments: args };
}

function binding(vhost: string, source: string, type: 'queue' | 'exchange', destination: string, routingKey: string): BindingDefinition {
  return { source, vhost, destination, destination_type: type, routing_key: routingKey, arguments: {} };
}
