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

// The other tests run like this where network namespaces are not possible; this one always does.
describeCluster('three nodes on loopback addresses', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster(await mainProgramObjects('production'), { form: 'loopback' });
    note(`three nodes on loopback addresses formed a cluster in ${cluster.formationSeconds.toFixed(1)} s`);
  });
  afterAll(() => cluster?.stop());

  it('are one cluster under their rendered names, with three members of every queue', async () => {
    const names = await Promise.all(cluster.nodes.map((node) => node.ctl('-q', 'eval', 'node().')));
    expect(new Set(names).size).toBe(3);
    for (const node of cluster.nodes) {
      const nodes = await node.api<{ name: string; running: boolean }[]>('GET', '/api/nodes');
      expect(nodes.filter(({ running }) => running)).toHaveLength(3);
      for (const { name } of nodes) expect(name).toMatch(/^rabbit@tasks-broker-[012]\.tasks-broker-nodes\.tasks-production$/);
    }
    for (const queue of ['small', 'small.dlq', 'large', 'large.dlq']) expect((await cluster.replicas(queue)).members).toHaveLength(3);
  });

  it('lose no message when node 0 loses its volume and another one goes', async () => {
    await withChannel(cluster.node(1), 'admin', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      for (const message of ALL) channel.sendToQueue('large', Buffer.from(message), { persistent: true });
      await channel.waitForConfirms();
    });
    const node = cluster.node(0);
    await node.own.preStop();
    await node.stop({ keepData: true });
    await node.own.wipe();
    await node.start();
    expect(node.logText()).toMatch(/^start: empty volume, joining rabbit@tasks-broker-1\.tasks-broker-nodes\.tasks-production$/m);
    await cluster.waitForReplicas('large');
    await cluster.node(2).kill();
    const received: string[] = [];
    await withChannel(node, 'worker-heavy', async (channel) => {
      await channel.consume('large', (message) => received.push(String(message?.content)), { noAck: true });
      await waitUntil(() => received.length >= MESSAGES, { what: `${MESSAGES} messages`, timeoutMs: 30_000 });
    });
    expect(new Set(received)).toEqual(new Set(ALL));
  });
});
