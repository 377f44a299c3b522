import { withChannel } from '../support/amqp';
import { startCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import type { TestCluster } from '../support/test-cluster';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);
const MESSAGES = 500;
const ALL = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);

describeCluster('a node that loses its volume', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster(await mainProgramObjects('production'));
    await withChannel(cluster.node(0), 'admin', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      for (const message of ALL) channel.sendToQueue('large', Buffer.from(message), { persistent: true });
      await channel.waitForConfirms();
    });
  });
  afterAll(() => cluster?.stop());

  // One after the other: what the second one relies on is what the first one got back.
  it.each([
    { lost: 0, seed: 1 },
    { lost: 1, seed: 0 },
  ])('joins the others again: node $lost', async ({ lost, seed }) => {
    const node = cluster.node(lost);
    await cluster.waitForReplicas('large');
    const started = Date.now();
    await node.stop({ keepData: true });
    await node.own.wipe();
    await node.start();
    await cluster.waitForReplicas('large');
    note(
      `node ${lost} without its volume: ready after ${node.bootSeconds?.toFixed(1)} s, all replicas complete ${seconds(started)} s after SIGTERM`,
    );
    expect(node.logText().match(/^start: .*/gm)).toContain(
      `start: empty volume, joining rabbit@tasks-broker-${seed}.tasks-broker-nodes.tasks-production`,
    );
    for (const each of cluster.nodes) {
      expect(await each.api('GET', '/api/nodes')).toHaveLength(3);
      expect(await each.startupProbe()).toBe(200);
    }
    for (const queue of ['small', 'small.dlq', 'large', 'large.dlq']) expect((await cluster.replicas(queue)).members).toHaveLength(3);
  });

  it('costs no message, even when the node that never lost anything is away', async () => {
    await cluster.waitForReplicas('large');
    await cluster.node(2).kill();
    const received: string[] = [];
    await withChannel(cluster.node(0), 'worker-heavy', async (channel) => {
      await channel.consume('large', (message) => received.push(String(message?.content)), { noAck: true });
      await waitUntil(() => received.length >= MESSAGES, { what: `${MESSAGES} messages`, timeoutMs: 30_000 });
    });
    const lost = ALL.filter((message) => !received.includes(message));
    note(
      `two volumes lost one after the other: ${lost.length} of ${MESSAGES} messages lost, ${received.length - MESSAGES} delivered twice`,
    );
    expect(lost).toEqual([]);
  });
});

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
