import { WATCHDOG_QUEUE } from '../../workers/topology';
import { withChannel } from '../support/amqp';
import { startCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { mainProgramObjects } from '../support/main-program';
import { askApi } from '../support/management-api';
import { note } from '../support/notes';
import type { TestCluster } from '../support/test-cluster';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);
const BOOT = 120_000;
const NODES = [0, 1, 2];
/** A queue such as Flower's own. */
const EVENTS = 'celeryev.5e9c2d1c-6a7b-4f0e-9d3a-0b1c2d3e4f50';

describeCluster('three nodes of the production manifest', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster(await mainProgramObjects('production'));
    note(`three nodes of the production manifest formed a cluster in ${cluster.formationSeconds.toFixed(1)} s`);
  }, BOOT);
  afterAll(() => cluster?.stop(), BOOT);

  it.each(NODES)('are one cluster, says node %d', async (ordinal) => {
    const nodes = await cluster.node(ordinal).api<{ name: string; running: boolean }[]>('GET', '/api/nodes');
    expect(nodes.map(({ running }) => running)).toEqual([true, true, true]);
    expect(new Set(nodes.map(({ name }) => name))).toEqual(new Set(NODES.map(nodeName)));
    expect(await cluster.node(ordinal).startupProbe()).toBe(200);
  });

  it('have every queue as a quorum queue with a member on each of them', async () => {
    const queues = await cluster.node(0).api<{ name: string; type: string; members: string[] }[]>('GET', '/api/queues/tasks');
    const names = queues.map(({ name }) => name).filter((name) => !name.startsWith('celery_delayed_'));
    expect(new Set(names)).toEqual(new Set(['large', 'large.dlq', 'small', 'small.dlq', WATCHDOG_QUEUE]));
    for (const queue of queues) {
      expect(queue.type).toBe('quorum');
      expect(new Set(queue.members)).toEqual(new Set(NODES.map(nodeName)));
    }
  });

  it('make quorum queues by default', async () => {
    expect(await cluster.node(1).api('GET', '/api/vhosts/tasks')).toMatchObject({ default_queue_type: 'quorum' });
    const members = await withChannel(cluster.node(1), 'admin', async (channel) => {
      await channel.assertQueue('by-default', { durable: true });
      const { type, members } = await cluster.node(2).api<{ type: string; members: string[] }>('GET', '/api/queues/tasks/by-default');
      await channel.deleteQueue('by-default');
      return { type, members: members.length };
    });
    expect(members).toEqual({ type: 'quorum', members: 3 });
  });

  it.each([
    { user: 'worker-general', own: 'small', node: 0 },
    { user: 'worker-heavy', own: 'large', node: 1 },
    { user: 'producer', own: 'large', node: 2 },
    { user: 'flower', own: EVENTS, node: 0 },
  ])('let $user use $own', async ({ user, own, node }) => {
    await withChannel(cluster.node(node), user, async (channel) => {
      if (own === EVENTS) await channel.assertQueue(own, { exclusive: true });
      await expect(channel.checkQueue(own)).resolves.toMatchObject({ queue: own });
      await expect(channel.consume(own, () => undefined)).resolves.toHaveProperty('consumerTag');
    });
  });

  it.each([
    { user: 'worker-general', foreign: 'large', node: 0 },
    { user: 'worker-heavy', foreign: 'small', node: 1 },
    { user: 'producer', foreign: 'small.dlq', node: 2 },
    { user: 'flower', foreign: 'small', node: 0 },
    { user: 'keda', foreign: 'small', node: 1 },
  ])('refuse $user the queue $foreign', async ({ user, foreign, node }) => {
    const broker = cluster.node(node);
    for (const attempt of ['checkQueue', 'purgeQueue', 'deleteQueue', 'get'] as const) {
      await withChannel(broker, user, (channel) => expect(channel[attempt](foreign)).rejects.toMatchObject({ code: 403 }));
    }
  });

  it.each(NODES)('give KEDA the counts of a queue, unacknowledged ones included, on node %d', async (ordinal) => {
    await withChannel(cluster.node(0), 'admin', async (channel) => {
      for (const task of ['one', 'two']) channel.sendToQueue('large', Buffer.from(task), { persistent: true });
      await waitUntil(() => channel.get('large'), { what: 'message' });
      const { managementUrl } = cluster.node(ordinal);
      const keda = await cluster.node(ordinal).credentials('keda');
      await waitUntil(
        async () => {
          const { body } = await askApi(managementUrl, keda, 'GET', '/api/queues/tasks/large');
          expect(body).toMatchObject({ messages: 2, messages_unacknowledged: 1, messages_ready: 1 });
          return true;
        },
        { what: 'counts for KEDA' },
      );
      await channel.recover();
      await channel.purgeQueue('large');
    });
  });
});

function nodeName(ordinal: number): string {
  return `rabbit@tasks-broker-${ordinal}.tasks-broker-nodes.tasks-production`;
}
