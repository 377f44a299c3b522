import { limitsOf, type Queue, type Topology } from '../workers/topology';
import type { BrokerUser } from './broker-users';

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
  const queues = topology.queues.flatMap((queue) => [queue.name, queue.deadLetterQueue]);
  const document = {
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
    exchanges: [exchange(vhost, topology.exchange, 'topic'), exchange(vhost, topology.deadLetterExchange, 'direct')],
    queues: queues.map((name) => ({ name, vhost, durable: true, auto_delete: false, arguments: { 'x-queue-type': 'quorum' } })),
    bindings: topology.queues.flatMap((queue) => [
      binding(vhost, topology.exchange, queue.name),
      binding(vhost, topology.deadLetterExchange, queue.deadLetterQueue),
    ]),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function policy(topology: Topology, queue: Queue) {
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
      ...(queue.messageTtlSeconds !== null && { 'message-ttl': queue.messageTtlSeconds * 1000 }),
      ...(queue.maxLength !== null && { 'max-length': queue.maxLength }),
      overflow: 'reject-publish',
    },
  };
}

function exchange(vhost: string, name: string, type: 'topic' | 'direct') {
  return { name, vhost, type, durable: true, auto_delete: false, internal: false, arguments: {} };
}

function binding(vhost: string, source: string, queue: string) {
  return { source, vhost, destination: queue, destination_type: 'queue', routing_key: queue, arguments: {} };
}
