import { prepareCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import type { TestCluster } from '../support/test-cluster';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeCluster('three nodes that do not start together', () => {
  let cluster: TestCluster;

  beforeEach(async () => {
    cluster = await prepareCluster(await mainProgramObjects('production'));
  });
  afterEach(() => cluster?.stop());

  it('wait for node 0, unready, and form a cluster when it arrives last', async () => {
    const [first, second, third] = [cluster.node(0), cluster.node(1), cluster.node(2)];
    const early = Promise.all([second.start(), third.start()]);
    early.catch(() => undefined);
    try {
      for (const node of [second, third]) {
        await waitUntil(() => (node.logText().match(/no nodes available for auto-clustering; waiting/g)?.length ?? 0) >= 2, {
          what: 'node that waits',
          timeoutMs: 60_000,
        });
        // A node that waits opens no port, so neither probe of its pod succeeds.
        expect(await node.startupProbe()).toBeUndefined();
      }
    } finally {
      const started = Date.now();
      await Promise.all([first.start(), early]);
      note(`node 0 starts last: all three nodes ready ${((Date.now() - started) / 1000).toFixed(1)} s after it`);
    }
    for (const queue of ['small', 'large.dlq']) expect((await cluster.replicas(queue)).members).toHaveLength(3);
  });

  it('are not ready while node 0 is alone, and form a cluster when the others arrive', async () => {
    const first = cluster.node(0).start();
    first.catch(() => undefined);
    await waitUntil(async () => (await cluster.node(0).startupProbe()) === 503, { what: 'startup probe with 503', timeoutMs: 60_000 });
    await Promise.all([first, cluster.node(1).start(), cluster.node(2).start()]);
    expect(await cluster.node(0).startupProbe()).toBe(200);
    for (const queue of ['small', 'large.dlq']) expect((await cluster.replicas(queue)).members).toHaveLength(3);
  });
});
