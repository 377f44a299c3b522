import type { Client } from '../../workers/client/client';
import { add, count } from '../../workers/tasks';
import { withChannel } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeReal('the life of a worker', () => {
  let system: TaskSystem;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    client = system.client();
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  const unacknowledged = async (): Promise<number> => (await system.broker.queueDepth('small')).unacknowledged;

  it('takes no more messages than it works on', async () => {
    const worker = await system.startWorker('general', { WARREN_CONCURRENCY: '2' });
    const jobs = await Promise.all(Array.from({ length: 6 }, () => client.send(count, [20, 0.1])));
    await waitForDepth(system.broker, 'small', { total: 6, ready: 4, unacknowledged: 2 });
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(Array(6).fill(20));
    await worker.end();
  });

  it('finishes running tasks at SIGTERM, leaves the others and exits with 0', async () => {
    const worker = await system.startWorker('general', { WARREN_CONCURRENCY: '2' });
    const jobs = await Promise.all(Array.from({ length: 4 }, () => client.send(count, [15, 0.1])));
    await waitUntil(async () => (await unacknowledged()) === 2, { what: 'two running tasks' });
    worker.process.signal('SIGTERM');
    await worker.process.waitForOutput(/"draining"/);
    expect(await worker.probe('/livez')).toBe(200);
    expect(await worker.probe('/readyz')).toBe(503);
    expect(await worker.process.exit).toEqual({ code: 0, signal: null });
    expect(worker.logged('task ended')).toHaveLength(2);
    await waitForDepth(system.broker, 'small', { total: 2, ready: 2, unacknowledged: 0 });
    const next = await system.startWorker('general');
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(Array(4).fill(15));
    await waitUntil(() => next.logged('task ended').length === 2, { what: 'both log lines' });
    expect(next.logged('task ended').map(({ redelivered }) => redelivered)).toEqual([false, false]);
    await next.end();
  });

  it.each([
    ['after its time', { WARREN_DRAIN_SECONDS: '1' }, 1],
    ['at a second signal', { WARREN_DRAIN_SECONDS: '600' }, 2],
  ])('hands back what cannot finish, %s, and exits with 3', async (_, environment, signals) => {
    const worker = await system.startWorker('general', environment);
    const job = await client.send(count, [60, 0.1]);
    await waitUntil(async () => (await unacknowledged()) === 1, { what: 'running task' });
    worker.process.signal('SIGTERM');
    await worker.process.waitForOutput(/"draining"/);
    if (signals === 2) worker.process.signal('SIGTERM');
    expect(await worker.process.exit).toEqual({ code: 3, signal: null });
    expect(worker.logged('worker stopped')).toMatchObject([{ handedBack: 1 }]);
    const next = await system.startWorker('general');
    expect(await job.result()).toBe(60);
    await waitUntil(() => next.logged('task ended').length === 1, { what: 'log line' });
    expect(next.logged('task ended')).toMatchObject([{ redelivered: true }]);
    await next.end();
  });

  it('does not come up without its queue, says which, and takes tasks as soon as the queue is there', async () => {
    await withChannel(system.broker, 'admin', async (channel) => {
      await channel.deleteQueue('small');
      const worker = system.spawnWorker('general');
      await worker.process.waitForOutput(/no queue 'small' in vhost 'tasks'/);
      expect(await worker.probe('/readyz')).toBe(503);
      await channel.assertQueue('small', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('small', 'tasks', 'small');
      await worker.ready();
      expect(await (await client.send(add, [1, 2])).result()).toBe(3);
      await channel.deleteQueue('small');
      await worker.process.waitForOutput(/the broker ended the consumer of queue \\"small\\"/);
      await channel.assertQueue('small', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('small', 'tasks', 'small');
      await worker.ready();
      expect(await (await client.send(add, [1, 3])).result()).toBe(4);
      await worker.end();
    });
  });

  it('survives a killed broker: the client and the worker come back by themselves', async () => {
    const worker = await system.startWorker('general');
    expect(await (await client.send(add, [1, 1])).result()).toBe(2);
    await system.broker.kill();
    await waitUntil(async () => (await worker.probe('/readyz')) === 503, { what: 'unready worker' });
    expect(await worker.probe('/livez')).toBe(200);
    await expect(client.send(add, [1, 1])).rejects.toMatchObject({ code: 'timeout' });
    await system.broker.start();
    await worker.ready();
    expect(await (await client.send(add, [2, 2])).result()).toBe(4);
    await worker.end();
  });

  it('refuses a wrong configuration, all of it at once, and exits with 2', async () => {
    const worker = system.spawnWorker('general', { WARREN_CONCURRENCY: 'many', WARREN_QUEUES: 'smal' });
    expect(await worker.process.exit).toEqual({ code: 2, signal: null });
    expect(worker.process.output).toContain('WARREN_CONCURRENCY: got "many" -> must be a whole number from 1 to 2000');
    expect(worker.process.output).toContain('WARREN_QUEUES: got "smal" -> is not a queue of the topology -> did you mean "small"?');
    expect(worker.process.output).not.toContain('    at ');
  });
});
