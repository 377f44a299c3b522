import { brokerUsers } from '../../../constructs/broker-users';
import { definitions } from '../../../constructs/rabbitmq/definitions';
import { limitsOf, type QueueDeclaration, resolveTopology, WATCHDOG_QUEUE } from '../../../workers/topology';

function render(queues: Record<string, QueueDeclaration> = { small: {}, 'big.one': { maxTaskSeconds: 900 } }, delayedDelivery = false) {
  const topology = resolveTopology({ queues, virtualHost: 'jobs', delayedDelivery });
  return JSON.parse(definitions(topology, brokerUsers(topology, { general: Object.keys(queues) })));
}

const named = (list: { name: string }[], name: string): any => list.find((entry) => entry.name === name);

describe('definitions', () => {
  test('makes queues quorum queues by the virtual host, where alone RabbitMQ looks', () => {
    const document = render();
    expect(document.vhosts).toEqual([{ name: 'jobs', metadata: { description: 'Warren', tags: [], default_queue_type: 'quorum' } }]);
    expect(document).not.toHaveProperty('default_queue_type');
  });

  test('declares every queue and its dead-letter queue with no argument but the type', () => {
    const { queues } = render();
    expect(queues.map((queue: { name: string }) => queue.name)).toEqual(['small', 'small.dlq', 'big.one', 'big.one.dlq', WATCHDOG_QUEUE]);
    for (const queue of queues) {
      expect(queue).toMatchObject({ vhost: 'jobs', durable: true, auto_delete: false, arguments: { 'x-queue-type': 'quorum' } });
      expect(Object.keys(queue.arguments)).toEqual(['x-queue-type']);
    }
  });

  test('binds every queue to the exchange and every dead-letter queue to the dead-letter exchange', () => {
    const { bindings, exchanges } = render({ small: {} });
    expect(bindings).toEqual([
      { source: 'tasks', vhost: 'jobs', destination: 'small', destination_type: 'queue', routing_key: '#.small', arguments: {} },
      { source: 'tasks.dlx', vhost: 'jobs', destination: 'small.dlq', destination_type: 'queue', routing_key: 'small.dlq', arguments: {} },
    ]);
    expect(named(exchanges, 'tasks')).toMatchObject({ type: 'topic', durable: true, vhost: 'jobs' });
    expect(named(exchanges, 'tasks.dlx')).toMatchObject({ type: 'direct', durable: true, vhost: 'jobs' });
  });

  test("declares Celery's delayed delivery as Celery does", () => {
    const { bindings, exchanges, queues } = render({ small: {} }, true);
    const delayed = (list: { name: string }[]) => list.filter(({ name }) => name.startsWith('celery_delayed_'));
    expect(delayed(queues)).toHaveLength(28);
    expect(delayed(exchanges)).toHaveLength(29);
    expect(named(queues, 'celery_delayed_3').arguments).toEqual({
      'x-queue-type': 'quorum',
      'x-dead-letter-exchange': 'celery_delayed_2',
      'x-dead-letter-strategy': 'at-least-once',
      'x-message-ttl': 8000,
      'x-overflow': 'reject-publish',
    });
    const from = (source: string) => bindings.filter((each: { source: string }) => each.source === source);
    const two = '*.'.repeat(25);
    expect(from('celery_delayed_2')).toMatchObject([
      { destination: 'celery_delayed_2', destination_type: 'queue', routing_key: `${two}1.#` },
      { destination: 'celery_delayed_1', destination_type: 'exchange', routing_key: `${two}0.#` },
    ]);
    expect(from('celery_delayed_0')).toMatchObject([{}, { destination: 'celery_delayed_delivery', destination_type: 'exchange' }]);
    expect(from('celery_delayed_delivery')).toMatchObject([{ destination: 'tasks', destination_type: 'exchange', routing_key: '#.small' }]);
  });

  test('matches each policy with its own queue only', () => {
    const { policies, queues } = render({ 'big.one': {}, bigXone: {}, big: {} });
    const matched = policies.map((policy: { pattern: string }) =>
      queues.map((queue: { name: string }) => queue.name).filter((name: string) => new RegExp(policy.pattern).test(name)),
    );
    expect(matched).toEqual([['big.one'], ['bigXone'], ['big']]);
  });

  test('dead-letters at least once, which needs reject-publish', () =>
    expect(named(render().policies, 'small')).toMatchObject({
      vhost: 'jobs',
      'apply-to': 'quorum_queues',
      definition: {
        'dead-letter-exchange': 'tasks.dlx',
        'dead-letter-routing-key': 'small.dlq',
        'dead-letter-strategy': 'at-least-once',
        overflow: 'reject-publish',
      },
    }));

  test.each([1, 30, 900, 604_800])('waits longer for an ack than a task of %d s may take, in milliseconds', (maxTaskSeconds) => {
    const timeout = named(render({ small: { maxTaskSeconds } }).policies, 'small').definition['consumer-timeout'];
    expect(timeout).toBe(limitsOf({ maxTaskSeconds }).consumerTimeoutSeconds * 1000);
    expect(timeout).toBeGreaterThanOrEqual(60_000);
    expect(timeout).toBeGreaterThan(maxTaskSeconds * 1000);
  });

  test('takes limits from the declaration', () =>
    expect(named(render({ small: { deliveryLimit: 3, messageTtlSeconds: 60 } }).policies, 'small').definition).toMatchObject({
      'delivery-limit': 3,
      'message-ttl': 60_000,
    }));

  test('lets messages wait for ever by default', () =>
    expect(named(render().policies, 'small').definition).not.toHaveProperty('message-ttl'));

  test('refuses new tasks of a full queue instead of dropping old ones', () => {
    expect(named(render({ small: { maxLength: 1000 } }).policies, 'small').definition).toMatchObject({
      'max-length': 1000,
      overflow: 'reject-publish',
    });
    expect(named(render().policies, 'small').definition).not.toHaveProperty('max-length');
  });

  test('gives every user tags, without which the import stops, and permissions in the virtual host', () => {
    const { users, permissions } = render();
    expect(users.map((user: { name: string }) => user.name)).toEqual(['admin', 'worker-general', 'producer', 'flower', 'keda']);
    for (const user of users) expect(user.tags).toBeInstanceOf(Array);
    expect(permissions.map(({ user, vhost }: Record<string, string>) => `${user}@${vhost}`)).toEqual(
      users.map((user: { name: string }) => `${user.name}@jobs`),
    );
  });

  test('holds a placeholder in place of every password', () => {
    for (const user of render().users) {
      expect(user.password_hash).toBe(`HASH(${user.name})`);
      expect(user.hashing_algorithm).toBe('rabbit_password_hashing_sha256');
      expect(user).not.toHaveProperty('password');
    }
  });
});
