import { add } from '../../workers/tasks';
import { describeCluster } from '../support/describe-cluster';
import { Load, summaryOf } from '../support/load';
import { note } from '../support/notes';
import { report } from '../support/scenario';
import { rollingRestart } from '../support/test-cluster';
import { expectWhole, REPEATED_AT_MOST, startThreeWorkers, type ThreeWorkers } from '../support/three-workers';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeCluster('a task system under load on three nodes', () => {
  let three: ThreeWorkers;

  beforeAll(async () => {
    three = await startThreeWorkers();
  });
  afterAll(() => three?.system.stop());

  it('loses no accepted task while its nodes restart one after the other', async () => {
    const { system, client, workers } = three;
    const load = new Load(client, workers);
    await load.progress(50);
    const started = Date.now();
    await rollingRestart(system.broker);
    const took = (Date.now() - started) / 1000;
    await load.progress(50);
    const outcome = await load.end();
    note(`rolling restart in ${took.toFixed(1)} s`);
    report('B5', 'rolling restart', 'one node after the other: preStop, SIGTERM, start', outcome);
    expect(outcome.longestGapSeconds).toBeLessThan(30);
    await expectWhole(three, outcome, 3 * REPEATED_AT_MOST);
  });

  it('loses no accepted task when the leader of its queue is killed', async () => {
    const { system, client, workers } = three;
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
    expect(outcome.longestGapSeconds).toBeLessThan(30);
    await expectWhole(three, outcome, REPEATED_AT_MOST);
  });

  it('gives results while the node that held the results queue of the client is away', async () => {
    const { system, client } = three;
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
});
