import { setTimeout as delay } from 'node:timers/promises';
import { PublishError } from '../../workers/broker/publisher';
import type { Client } from '../../workers/client/client';
import { useClient } from '../../workers/client/default-client';
import { ResultTimeout, TaskFailed } from '../../workers/client/job';
import { Task } from '../../workers/task';
import { add, count, lcs } from '../../workers/tasks';
import { publish } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const JSON_BODY = { contentType: 'application/json', contentEncoding: 'utf-8' };

describeReal('a worker and a client on the broker of the development manifest', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    worker = await system.startWorker('general');
    client = system.client();
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  it('runs a task and gives its value back', async () => {
    useClient(client);
    const job = await add.delay(2, 3);
    expect(job.queue).toBe('small');
    expect(await job.result({ timeoutSeconds: 10 })).toBe(5);
    expect(await job.result({ timeoutSeconds: 10 })).toBe(5);
    useClient(undefined);
  });

  it('runs as many at once as its concurrency says', async () => {
    const started = performance.now();
    const jobs = await Promise.all(Array.from({ length: 16 }, () => client.send(count, [10, 0.1])));
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(Array(16).fill(10));
    // One after the other they would take 16 s.
    expect(performance.now() - started).toBeLessThan(8000);
  });

  it('keeps answering probes while a task computes', async () => {
    const text = 'ab'.repeat(15_000);
    const job = await client.send(lcs, [text, text], { queue: 'small' });
    let slowest = 0;
    const result = job.result();
    const finished = result.then(() => true);
    while (!(await Promise.race([finished, delay(20, false)]))) {
      const asked = performance.now();
      expect(await worker.probe('/livez')).toBe(200);
      slowest = Math.max(slowest, performance.now() - asked);
    }
    expect(await result).toBe(text);
    expect(slowest).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(1000);
  });

  it('sends large arguments to the queue their route names', async () => {
    const job = await client.send(lcs, ['a'.repeat(3000), 'b']);
    expect(job.queue).toBe('large');
    const heavy = await system.startWorker('heavy');
    expect(await job.result()).toBe('');
    expect(await heavy.end()).toEqual({ code: 0, signal: null });
  });

  it('gives the error of a failed task to its caller', async () => {
    const oneArgument = add as unknown as Task<[number], number>;
    const job = await client.send(oneArgument, [2]);
    const failure = await job.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TaskFailed);
    expect(failure).toMatchObject({ type: 'TypeError', message: expect.stringContaining("missing 1 required argument: 'y'") });
    expect((failure as TaskFailed).remoteTraceback).toContain('TypeError');
  });

  it('lets a caller stop waiting', async () => {
    const job = await client.send(count, [5, 0.1]);
    await expect(job.result({ timeoutSeconds: 0.05 })).rejects.toBeInstanceOf(ResultTimeout);
    expect(await job.result()).toBe(5);
  });

  it('answers nothing when nobody wants a result', async () => {
    const job = await client.send(add, [1, 1], { ignoreResult: true });
    await expect(job.result()).rejects.toThrow('ignoreResult');
    await waitUntil(() => worker.logged('task ended').some(({ id }) => id === job.id), { what: 'task' });
  });

  it('refuses to call a message accepted that reached no queue', async () => {
    const lost = client.send(add, [1, 1], { queue: 'nowhere' });
    await expect(lost).rejects.toBeInstanceOf(PublishError);
    await expect(lost).rejects.toMatchObject({ code: 'unroutable' });
  });

  it('does not run a task before its time', async () => {
    const eta = new Date(Date.now() + 1500);
    await publish(system.broker, 'small', '[[0],{},{}]', {
      ...JSON_BODY,
      headers: { task: 'tasks.count', id: 'early', eta: eta.toISOString() },
    });
    const ended = () => worker.logged('task ended').find(({ id }) => id === 'early');
    const line = await waitUntil(ended, { what: 'late task' });
    expect(new Date(String(line['time'])).getTime()).toBeGreaterThanOrEqual(eta.getTime());
  });

  it('answers a task whose time is over without running it', async () => {
    await publish(system.broker, 'small', '[[0],{},{}]', {
      ...JSON_BODY,
      headers: { task: 'tasks.count', id: 'stale', expires: '2020-01-01T00:00:00+00:00' },
    });
    const line = await waitUntil(() => worker.logged('task ended').find(({ id }) => id === 'stale'), { what: 'expired task' });
    expect(line).toMatchObject({ status: 'REVOKED' });
  });
});
