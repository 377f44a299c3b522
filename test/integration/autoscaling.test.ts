import type { Channel } from 'amqplib';
import { RabbitmqCluster } from '../../constructs';
import { publish, withChannel } from '../support/amqp';
import { startBroker } from '../support/broker';
import { renderTasks } from '../support/manifests';
import { describeReal } from '../support/real';
import type { TestBroker } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import { askApi } from '../support/management-api';

jest.setTimeout(240_000);
const BOOT = 90_000;

/** What KEDA's RabbitMQ trigger reads of a queue (rabbitmq_scaler.go, KEDA 2.20.2). */
interface QueueFigures {
  readonly messages?: number;
  readonly messages_unacknowledged?: number;
  readonly message_stats?: { readonly publish_details?: { readonly rate: number } };
}

describeReal('the user that KEDA logs in as', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    const objects = renderTasks({
      broker: RabbitmqCluster.of({ nodes: 1, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' }),
      workers: {
        general: { queues: ['small'], scale: { min: 0, max: 9, protocol: 'amqp' } },
        heavy: { queues: ['large'], scale: { min: 0, max: 2 } },
      },
    });
    broker = await startBroker({ objects });
  }, BOOT);
  afterAll(() => broker?.stop(), BOOT);

  const figures = async (queue: string): Promise<QueueFigures> => {
    return (await askApi(broker.managementUrl, await broker.credentials('keda'), 'GET', `/api/queues/tasks/${queue}`)).body as QueueFigures;
  };

  it('sees over AMQP only the tasks that wait, over HTTP those that run, too', async () => {
    for (const body of ['a', 'b', 'c']) await publish(broker, 'small', body, {});
    await withChannel(broker, 'worker-general', async (channel) => {
      await waitUntil(async () => (await channel.get('small')) || undefined, { what: 'task that runs' });
      const seen = await withChannel(broker, 'keda', (keda) => keda.checkQueue('small'));
      expect(seen.messageCount).toBe(2);
      await waitUntil(
        async () => {
          const { messages, messages_unacknowledged: running } = await figures('small');
          return messages === 3 && running === 1;
        },
        { what: 'statistics', timeoutMs: 30_000 },
      );
    });
  });

  it('sees over HTTP how fast tasks come', async () => {
    await waitUntil(
      async () => {
        await publish(broker, 'large', 'x', {});
        const { message_stats: stats } = await figures('large');
        return (stats?.publish_details?.rate ?? 0) > 0;
      },
      { what: 'rate of messages', timeoutMs: 30_000 },
    );
  });

  it.each<[what: string, act: (channel: Channel) => unknown]>([
    ['take a task', (channel) => channel.get('small')],
    ['consume', (channel) => channel.consume('small', () => undefined)],
    ['purge', (channel) => channel.purgeQueue('small')],
    ['delete a queue', (channel) => channel.deleteQueue('small')],
    ['bind a queue', (channel) => channel.bindQueue('small', 'tasks', 'x')],
    ['declare a queue', (channel) => channel.assertQueue('other', { arguments: { 'x-queue-type': 'quorum' } })],
    ['look at a queue that it watches over HTTP', (channel) => channel.checkQueue('large')],
  ])('may not %s', async (_, act) => {
    await expect(withChannel(broker, 'keda', async (channel) => act(channel))).rejects.toThrow(/403|ACCESS.REFUSED/);
  });

  it.each([
    ['tasks', 'small'],
    ['', 'small'],
  ])('may not send through the exchange "%s"', async (exchange, key) => {
    const send = withChannel(broker, 'keda', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const refused = new Promise<never>((_resolve, reject) => channel.once('error', reject));
      channel.publish(exchange, key, Buffer.from('forged'));
      await Promise.race([refused, channel.waitForConfirms()]);
    });
    await expect(send).rejects.toThrow(/403|ACCESS.REFUSED|closed/);
    expect((await broker.queueDepth('small')).total).toBe(3);
  });
});
