import type { Client } from '../../workers/client/client';
import { add } from '../../workers/tasks';
import { startCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { Load, type Outcome, summaryOf } from '../support/load';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import { report } from '../support/scenario';
import { TaskSystem } from '../support/task-system';
import { rollingRestart, type TestCluster } from '../support/test-cluster';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

/** Unconfirmed messages of the client and tasks in flight: what one lost connection may repeat at most. */
const REPEATED_AT_MOST = 100 + 3 * 4;

describeCluster('a task system under load on three nodes', () => {
  let system: TaskSystem<TestCluster>;
  let client: Client;
  let workers: WorkerProcess[];

  beforeAll(async () => {
    const objects = await mainProgramObjects('production');
    system = await TaskSystem.on(await startCluster(objects), objects);
    client = system.client();
    workers = await Promise.all([0, 1, 2].map(() => system.startWorker('general', { WARREN_CONCURRENCY: '4' })));
  });
  afterAll(() => system?.stop());

  it('loses no accepted task while its nodes restart one after the other', async () => {
    const load = new Load(client, workers);
    await load.progress(50);
    const started = Date.now();
    await rollingRestart(system.broker);
    const took = (Date.now() - started) / 1000;
    await load.progress(50);
    const outcome = await load.end();
    note(`rolling restart in ${took.toFixed(1)} s`);
    report('B5', 'rolling restart', 'one node after the other: preStop, SIGTERM, start', outcome);
    await expectWhole(outcome, 3 * REPEATED_AT_MOST);
  });

  it('loses no accepted task when the leader of its queue is killed', async () => {
    await system.broker.waitForReplicas('small');
    const load = new Load(client, workers);
    await load.progress(50);
    const { leader } = await system.broker.replicas('small');
    const victim = system.broker.named(leader);
    const connections = await victim.api<{ node: string }[]>('GET', '/api/connections');
    const cut = connections.filter(({ node }) => node === leader).length;
    const started = Date.now();
    await victim.kill();
    const next = await waitUntil(
      async () => {
        const { leader: present, online } = await system.broker.replicas('small');
        return present !== leader && online.length === 2 ? (Date.now() - started) / 1000 : undefined;
      },
      { what: 'another leader', timeoutMs: 30_000 },
    );
    await load.progress(100);
    await victim.start();
    await system.broker.waitForReplicas('small');
    await load.progress(50);
    const outcome = await load.end();
    note(
      `leader killed with ${cut} of ${connections.length} connections on it, another one seen after ${next.toFixed(1)} s: ${summaryOf(outcome)}`,
    );
    await expectWhole(outcome, REPEATED_AT_MOST);
  });

  it('gives results while the node that held the results queue of the client is away', async () => {
    expect(await (await client.send(add, [1, 1])).result()).toBe(2);
    const queues = await system.broker.running.api<{ type: string; node: string }[]>('GET', '/api/queues/tasks');
    const [results] = queues.filter(({ type }) => type === 'classic');
    const holder = system.broker.named(results?.node ?? '');
    await holder.kill();
    const started = Date.now();
    const sum = await waitUntil(async () => (await client.send(add, [2, 3])).result({ timeoutSeconds: 5 }), {
      what: 'result',
      timeoutMs: 30_000,
    });
    note(`results queue away with its node: next result after ${((Date.now() - started) / 1000).toFixed(1)} s`);
    expect(sum).toBe(5);
    await holder.start();
    await system.broker.waitForReplicas('small');
    expect(await (await client.send(add, [2, 4])).result({ timeoutSeconds: 20 })).toBe(6);
  });

  /** Nothing lost, little repeated, nobody left behind. */
  async function expectWhole(outcome: Outcome, repeatedAtMost: number): Promise<void> {
    expect(outcome.lost).toEqual([]);
    expect(outcome.accepted).toBeGreaterThan(0);
    expect(outcome.duplicated).toBeLessThanOrEqual(repeatedAtMost);
    expect(outcome.unexpected).toBeLessThanOrEqual(outcome.rejected);
    expect(outcome.longestGapSeconds).toBeLessThan(30);
    await waitForDepth(system.broker.running, 'small', { total: 0, ready: 0, unacknowledged: 0 });
    for (const worker of workers) {
      expect(worker.process.running).toBe(true);
      await worker.ready();
    }
    expect(await (await client.send(add, [2, 3])).result({ timeoutSeconds: 20 })).toBe(5);
  }
});
