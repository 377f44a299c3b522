import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { USERS, workerUser } from '../../constructs/broker-users';
import type { Client } from '../../workers/client/client';
import { add } from '../../workers/tasks';
import { withChannel } from '../support/amqp';
import { startCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import { TaskSystem } from '../support/task-system';
import { rollingRestart, type TestCluster } from '../support/test-cluster';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

describeCluster('changed passwords', () => {
  let system: TaskSystem<TestCluster>;
  let client: Client;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const objects = await mainProgramObjects('production');
    system = await TaskSystem.on(await startCluster(objects), objects);
    client = system.client();
    worker = await system.startWorker('general');
    expect(await (await client.send(add, [1, 1])).result()).toBe(2);
  });
  afterAll(() => system?.stop());

  it('count after a rolling restart, the old ones do not, and worker and client reconnect by themselves', async () => {
    const { broker } = system;
    const users = [workerUser('general'), USERS.producer, USERS.admin];
    const old = new Map<string, string>();
    for (const user of users) {
      old.set(user, await broker.node(0).amqpUrl(user));
      // With characters that have a meaning in shells, URLs and JSON.
      await broker.changePassword(user, `${randomBytes(12).toString('base64url')}"$&\\'/@ ü`);
    }
    const started = Date.now();
    await rollingRestart(broker);
    note(`passwords changed by a rolling restart in ${((Date.now() - started) / 1000).toFixed(1)} s`);

    for (const user of users) {
      for (const node of broker.nodes) {
        await withChannel(node, user, async () => undefined);
        const url = new URL(old.get(user) ?? '');
        url.host = node.host;
        await expect(connect(url.href)).rejects.toThrow(/403|ACCESS.REFUSED/);
      }
    }
    await worker.ready();
    expect(worker.process.running).toBe(true);
    expect(worker.logged('connected').length).toBeGreaterThan(2);
    expect(await (await client.send(add, [2, 3])).result({ timeoutSeconds: 20 })).toBe(5);
  });
});
