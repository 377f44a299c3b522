import { connect } from 'amqplib';
import { RabbitmqCluster, render, TaskCluster } from '../../constructs';
import { withChannel } from '../support/amqp';
import { startBroker } from '../support/broker';
import { mainProgramObjects } from '../support/main-program';
import { askApi } from '../support/management-api';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import type { KubernetesObject } from '../support/rendered-pod';
import type { TestBroker } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);
const BOOT = 90_000;
const USERS = ['admin', 'worker-general', 'worker-heavy', 'producer', 'flower', 'keda'];
/** The configuration of a broker that somebody else runs is not ours to test. */
const itOnOwnNode = process.env['WARREN_TEST_RABBITMQ_URL'] ? it.skip : it;

describeReal('the broker of the development manifest', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await startBroker({ objects: await mainProgramObjects('development') });
    if (broker.bootSeconds !== undefined) note(`one node of the development manifest ready in ${broker.bootSeconds.toFixed(1)} s`);
  }, BOOT);
  afterAll(() => broker?.stop(), BOOT);

  it('makes quorum queues by default', async () => {
    expect(await broker.api('GET', '/api/vhosts/tasks')).toMatchObject({ default_queue_type: 'quorum' });
  });

  it('has every queue and its dead-letter queue, all of them quorum queues', async () => {
    const queues = await broker.api<{ name: string; type: string }[]>('GET', '/api/queues/tasks');
    const delays = queues.filter(({ name }) => name.startsWith('celery_delayed_'));
    expect(delays.map(({ type }) => type)).toEqual(Array(28).fill('quorum'));
    expect(Object.fromEntries(queues.filter((queue) => !delays.includes(queue)).map(({ name, type }) => [name, type]))).toEqual({
      'warren.watchdog': 'quorum',
      small: 'quorum',
      'small.dlq': 'quorum',
      large: 'quorum',
      'large.dlq': 'quorum',
    });
  });

  it.each([
    { queue: 'small', limits: { 'delivery-limit': 20 } },
    { queue: 'large', limits: { 'delivery-limit': 3 } },
  ])('applies the declared policy to $queue', async ({ queue, limits }) => {
    const found = await waitUntil(
      async () => {
        const { effective_policy_definition: effective } = await broker.api<{ effective_policy_definition?: object }>(
          'GET',
          `/api/queues/tasks/${queue}`,
        );
        return effective && Object.keys(effective).length > 0 && effective;
      },
      { what: `policy on ${queue}` },
    );
    expect(found).toMatchObject({
      ...limits,
      'dead-letter-strategy': 'at-least-once',
      'dead-letter-routing-key': `${queue}.dlq`,
      overflow: 'reject-publish',
    });
  });

  it('moves a message to the dead-letter queue when its delivery limit is used up', async () => {
    await withChannel(broker, 'worker-heavy', async (channel) => {
      channel.sendToQueue('large', Buffer.from('poison'), { persistent: true });
      let deliveries = 0;
      await channel.consume('large', (message) => {
        if (!message) return;
        deliveries += 1;
        channel.reject(message, true);
      });
      await waitUntil(async () => (await broker.queueDepth('large.dlq')).ready === 1, { what: 'dead letter' });
      expect(deliveries).toBe(4);
    });
    await withChannel(broker, 'admin', async (channel) => {
      const dead = await channel.get('large.dlq', { noAck: true });
      expect(dead && dead.properties.headers).toMatchObject({ 'x-first-death-reason': 'delivery_limit', 'x-first-death-queue': 'large' });
    });
  });

  it('keeps a dead letter in its queue while the dead-letter queue cannot take it', async () => {
    await withChannel(broker, 'admin', async (channel) => {
      const [binding] = await broker
        .api<{ source: string; routing_key: string }[]>('GET', '/api/queues/tasks/small.dlq/bindings')
        .then((all) => all.filter(({ source }) => source !== ''));
      if (!binding) throw new Error('small.dlq has no binding');
      await channel.unbindQueue('small.dlq', binding.source, binding.routing_key);
      channel.sendToQueue('small', Buffer.from('bad'), { persistent: true });
      const message = await waitUntil(() => channel.get('small'), { what: 'message' });
      if (message) channel.reject(message, false);
      await waitUntil(
        async () => JSON.stringify(await broker.queueDepth('small')) === JSON.stringify({ total: 1, ready: 0, unacknowledged: 0 }),
        {
          what: 'retained dead letter',
        },
      );
      await channel.bindQueue('small.dlq', binding.source, binding.routing_key);
    });
  });

  it.each(USERS)('lets %s log in with the password of its Secret and no other', async (user) => {
    await withChannel(broker, user, async () => undefined);
    const url = new URL(await broker.amqpUrl(user));
    url.password = 'wrong';
    await expect(connect(url.href)).rejects.toThrow(/403|ACCESS.REFUSED/);
  });

  itOnOwnNode('has the declared users and no guest', async () => {
    const users = await broker.api<{ name: string }[]>('GET', '/api/users');
    expect(new Set(users.map(({ name }) => name))).toEqual(new Set(USERS));
  });

  it('lets a worker group use its own queue', async () => {
    await withChannel(broker, 'worker-general', async (channel) => {
      await expect(channel.checkQueue('small')).resolves.toMatchObject({ queue: 'small' });
      await expect(channel.consume('small', () => undefined)).resolves.toHaveProperty('consumerTag');
    });
  });

  it.each([
    { what: 'declare', attempt: 'checkQueue' as const },
    { what: 'consume', attempt: 'consume' as const },
    { what: 'purge', attempt: 'purgeQueue' as const },
  ])("refuses a worker group's $what on the queue of another", async ({ attempt }) => {
    await withChannel(broker, 'worker-general', async (channel) => {
      const tried = attempt === 'consume' ? channel.consume('large', () => undefined) : channel[attempt]('large');
      await expect(tried).rejects.toMatchObject({ code: 403 });
    });
  });

  it('gives KEDA the counts of a queue, unacknowledged ones included', async () => {
    await withChannel(broker, 'admin', async (channel) => {
      for (const task of ['one', 'two']) channel.sendToQueue('large', Buffer.from(task), { persistent: true });
      await waitUntil(() => channel.get('large'), { what: 'message' });
      const keda = await broker.credentials('keda');
      const counts = await waitUntil(
        async () => {
          const { status, body } = await askApi(broker.managementUrl, keda, 'GET', '/api/queues/tasks/large');
          expect(status).toBe(200);
          expect(body).toMatchObject({ messages: 2, messages_unacknowledged: 1 });
          return body;
        },
        { what: 'counts for KEDA' },
      );
      expect(counts).toMatchObject({ messages_ready: 1 });
      const bindings = await askApi(broker.managementUrl, keda, 'GET', '/api/users');
      expect(bindings.status).toBe(401);
    });
  });

  itOnOwnNode('refuses a transient queue that others may use', async () => {
    await expect(declareTransient(broker)).rejects.toMatchObject({ code: 541 });
  });

  itOnOwnNode(
    'keeps accepted messages when its node is killed',
    async () => {
      await withChannel(broker, 'admin', async (admin, connection) => {
        await admin.purgeQueue('large');
        const channel = await connection.createConfirmChannel();
        channel.sendToQueue('large', Buffer.from('kept'), { persistent: true });
        await channel.waitForConfirms();
      });
      await broker.kill();
      await broker.start();
      await withChannel(broker, 'worker-heavy', async (channel) => {
        const message = await channel.get('large');
        expect(message && message.content.toString()).toBe('kept');
      });
    },
    BOOT,
  );
});

describeReal('a broker with permitTransientQueues', () => {
  itOnOwnNode(
    'accepts a transient queue that others may use',
    async () => {
      const broker = await startBroker({ objects: renderPermitting() });
      try {
        await expect(declareTransient(broker)).resolves.toMatchObject({ queue: 'celeryev' });
      } finally {
        await broker.stop();
      }
    },
    BOOT,
  );
});

async function declareTransient(broker: TestBroker): Promise<unknown> {
  return withChannel(broker, 'flower', (channel) => channel.assertQueue('celeryev', { durable: false, autoDelete: true }));
}

function renderPermitting(): KubernetesObject[] {
  const broker = RabbitmqCluster.of({ nodes: 1, permitTransientQueues: true });
  const app = render([{ name: 'test', namespace: 'test' }], (chart) => {
    new TaskCluster(chart, 'Tasks', {
      image: 'worker:1',
      broker,
      queues: { small: {} },
      workers: { general: { queues: ['small'] } },
      flower: {},
    });
  });
  return app.charts.flatMap((chart) => chart.toJson() as KubernetesObject[]);
}
