import { pino } from 'pino';
import { USERS } from '../../constructs/broker-users';
import { credentialsFrom } from '../../workers/broker/credentials';
import { Publisher, type PublishError } from '../../workers/broker/publisher';
import { describeLostPackets } from '../support/describe-cluster';
import { Load } from '../support/load';
import { note } from '../support/notes';
import { report } from '../support/scenario';
import { expectNothingLost, expectWhole, hostOf, REPEATED_AT_MOST, startThreeWorkers, type ThreeWorkers } from '../support/three-workers';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeLostPackets('a network that loses packets without a word', () => {
  let three: ThreeWorkers;
  const publishers: Publisher[] = [];

  beforeAll(async () => {
    three = await startThreeWorkers();
  });
  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await three?.system.stop();
  });

  /** A publisher whose connection stands on that node. */
  async function publisherOn(host: string): Promise<Publisher> {
    const { system } = three;
    for (;;) {
      const publisher = new Publisher({
        name: 'test publisher',
        hosts: system.broker.hosts,
        virtualHost: system.broker.virtualHost,
        credentials: credentialsFrom(system.broker.credentialsFolder(USERS.producer)),
        log: pino({ level: 'silent' }),
      });
      publishers.push(publisher);
      publisher.start();
      await waitUntil(() => publisher.status.state === 'up', { what: 'publisher' });
      if (publisher.status.host === host) return publisher;
    }
  }

  it('moves workers and publishers away from a node that is cut off from the others', async () => {
    const { system, client, workers } = three;
    const [worker] = workers;
    if (!worker) throw new Error('no worker');
    const host = hostOf(worker, 'consumer');
    const node = system.broker.nodes.find((each) => each.host === host);
    if (!node) throw new Error(`no node ${host}`);
    const publisher = await publisherOn(host);
    const load = new Load(client, workers);
    await load.progress(50);

    const since = Date.now();
    const heal = await system.broker.cutOff(node);
    try {
      const publish = () =>
        publisher.publish({ exchange: 'tasks', routingKey: 'large', content: Buffer.from('x'), properties: {}, persistent: true });
      // Accepted elsewhere, unless the queue takes longer to elect a leader; never without an answer.
      const answer = await publish().then(
        () => 'accepted',
        (error: PublishError) => error.code,
      );
      expect(['accepted', 'timeout']).toContain(answer);
      const decided = (Date.now() - since) / 1000;
      await waitUntil(() => publish().then(() => true), { what: 'publisher on another node', timeoutMs: 40_000 });
      const published = (Date.now() - since) / 1000;
      await waitUntil(() => hostOf(worker, 'consumer') !== host, { what: 'worker on another node', timeoutMs: 60_000 });
      const moved = Date.now();
      await waitUntil(() => worker.logged('task ended').some(({ time }) => new Date(String(time)).getTime() > moved), {
        what: 'task of that worker',
        timeoutMs: 60_000,
      });
      const worked = (Date.now() - since) / 1000;
      note(
        `node cut off: a publish through it ended as ${answer} after ${decided.toFixed(1)} s, the next one was accepted after ` +
          `${published.toFixed(1)} s; its worker works after ${worked.toFixed(1)} s`,
      );
      expect(worked).toBeLessThan(30);
      expect(decided).toBeLessThan(15);
      expect(published).toBeLessThan(30);
    } finally {
      await heal();
    }
    await load.progress(50);
    const outcome = await load.end();
    report('B7', "a worker's and a publisher's node cut off from the other nodes", 'packets dropped until both worked elsewhere', outcome);
    await expectNothingLost(three, outcome, 2 * REPEATED_AT_MOST);
  });

  it('works on soon after all nodes were out of reach', async () => {
    const { system, client, workers } = three;
    const load = new Load(client, workers);
    await load.progress(50);
    const since = Date.now();
    const heal = await system.broker.cutOffClients();
    try {
      for (const worker of workers) {
        await waitUntil(async () => (await worker.probe('/readyz')) === 503, { what: 'worker that has noticed', timeoutMs: 60_000 });
      }
      note(`all nodes out of reach: workers unready after ${((Date.now() - since) / 1000).toFixed(1)} s`);
      expect((Date.now() - since) / 1000).toBeLessThan(30);
    } finally {
      await heal();
    }
    const healed = Date.now();
    await load.progress(50);
    expect((Date.now() - healed) / 1000).toBeLessThan(20);
    const outcome = await load.end();
    report('B11', 'all nodes out of reach of workers and clients', 'packets dropped until every worker had noticed', outcome);
    await expectWhole(three, outcome, 2 * REPEATED_AT_MOST);
  });
});
