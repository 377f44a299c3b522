import { setTimeout } from 'node:timers/promises';
import { describeCluster } from '../support/describe-cluster';
import { Load } from '../support/load';
import { note } from '../support/notes';
import { report } from '../support/scenario';
import { expectNothingLost, expectWhole, REPEATED_AT_MOST, startThreeWorkers, type ThreeWorkers } from '../support/three-workers';

jest.setTimeout(240_000);

/** Longer than the broker and the clients wait for an answer before they act. */
const FROZEN_MS = 22_000;
const AWAY_MS = 8000;

describeCluster('nodes that fail under load', () => {
  let three: ThreeWorkers;

  beforeAll(async () => {
    three = await startThreeWorkers();
  });
  afterAll(() => three?.system.stop());

  beforeEach(() => three.system.broker.waitForReplicas('small'));

  it('loses nothing when the leader of a queue freezes and comes back', async () => {
    const { system, client, workers } = three;
    const load = new Load(client, workers);
    await load.progress(50);
    const { leader } = await system.broker.replicas('small');
    const { own } = system.broker.named(leader);
    await own.freeze();
    try {
      // The length of the fault: what happens meanwhile is what is tested.
      await setTimeout(FROZEN_MS);
    } finally {
      await own.thaw();
    }
    await load.progress(100);
    const outcome = await load.end();
    report('B3', 'leader of the queue frozen', `SIGSTOP for ${FROZEN_MS / 1000} s`, outcome);
    expect(outcome.longestGapSeconds).toBeLessThan(20);
    // The node that was frozen may go on telling the counts of its time as leader (seen: 3 unacknowledged messages of 0 bytes, for ever).
    await expectNothingLost(three, outcome, 3 * REPEATED_AT_MOST);
  });

  it('accepts nothing without a majority, loses nothing, and goes on when it is back', async () => {
    const { system, client, workers } = three;
    const load = new Load(client, workers);
    await load.progress(50);
    const [first, second] = [system.broker.node(1), system.broker.node(2)];
    await Promise.all([first.kill(), second.kill()]);
    // What was under way has its answer or never gets one.
    await setTimeout(1000);
    const before = load.accepted.size;
    await setTimeout(AWAY_MS);
    expect(load.accepted.size).toBe(before);
    await Promise.all([first.start(), second.start()]);
    const back = Date.now();
    await load.progress(50);
    note(`majority lost: work goes on ${((Date.now() - back) / 1000).toFixed(1)} s after it is back`);
    const outcome = await load.end();
    report('B6', 'majority lost', `two of three nodes killed for ${AWAY_MS / 1000} s and their start`, outcome);
    expect((Date.now() - back) / 1000).toBeLessThan(60);
    await expectWhole(three, outcome, 3 * REPEATED_AT_MOST);
  });

  it('loses nothing that was accepted when all nodes are killed at once', async () => {
    const { system, client, workers } = three;
    const load = new Load(client, workers);
    await load.progress(50);
    await Promise.all(system.broker.nodes.map((node) => node.kill()));
    await system.broker.start();
    const back = Date.now();
    await load.progress(50);
    note(`all nodes killed: work goes on ${((Date.now() - back) / 1000).toFixed(1)} s after they are back`);
    const outcome = await load.end();
    report('B4', 'all nodes killed at once', 'SIGKILL for all three, then a start', outcome);
    expect((Date.now() - back) / 1000).toBeLessThan(60);
    await expectWhole(three, outcome, 3 * REPEATED_AT_MOST);
  });
});
