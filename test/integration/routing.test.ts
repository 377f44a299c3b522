import { Client } from '../../workers/client/client';
import { credentialsFrom } from '../../workers/broker/credentials';
import type { Job } from '../../workers/client/job';
import { PublishError } from '../../workers/broker/publish-error';
import { ENVIRONMENT } from '../../workers/environment';
import { take } from '../support/amqp';
import { Calls } from '../support/calls';
import { valueOf } from '../support/exposition';
import { renderTasks } from '../support/manifests';
import { type Moment, momentsIn, remote } from '../support/moment';
import { describeReal } from '../support/real';
import { cast } from '../support/remote-control';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(90_000);

const moment = remote('test.moment');
const journey = remote<[tries: number, delaySeconds: number]>('test.journey');
const sleep = remote<[seconds: number], number>('test.sleep');
const echo = remote<[value: unknown], unknown>('test.echo');
const reject = remote<[requeue: boolean]>('test.reject');
const unlistened = { broadcast: 'empty', ignoreResult: true };

describeReal('where tasks go', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;
  const started: WorkerProcess[] = [];

  beforeAll(async () => {
    system = await TaskSystem.start(
      renderTasks({
        broker: SMALL_BROKER,
        queues: { small: { topics: ['orders.*'] }, large: { topics: ['orders.#'] }, urgent: { priority: 7 } },
        routes: { 'test.echo': 'urgent', 'test.e*': 'small', 'test.mo?ent': 'large', 'test.*': 'small' },
        broadcasts: ['news', 'empty'],
        workers: {
          general: { queues: ['small', 'large', 'urgent'], broadcasts: ['news'], concurrency: 4 },
          deaf: { queues: ['small'] },
        },
      }),
    );
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterEach(() => Promise.all(started.splice(0).map((worker) => worker.end())), 60_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const start = async (overrides: Readonly<Record<string, string>> = {}, group = 'general'): Promise<WorkerProcess> => {
    const worker = await system.startWorker(group, { ...calls.environment, ...overrides }, PROGRAMS.test);
    started.push(worker);
    return worker;
  };
  const runs = (id: string, count: number) =>
    waitUntil(
      async () => {
        const lines = await calls.runs(id);
        return lines.length >= count ? lines : undefined;
      },
      { what: `${count} runs of ${id}` },
    );
  const endsOf = (worker: WorkerProcess, id: string) => worker.logged('task ended').filter((line) => line['id'] === id);
  const ended = (worker: WorkerProcess, id: string, count = 1) =>
    waitUntil(() => endsOf(worker, id).length >= count, { what: `${count} ends of ${id}; ${worker.process.output}` });

  describe('routes', () => {
    it('a name wins over a pattern, the first pattern over later ones, and what the caller says over all', async () => {
      const options = { ignoreResult: true };
      expect((await client.send(echo, [1], options)).queue).toBe('urgent');
      expect((await client.send(moment, [], options)).queue).toBe('large');
      expect((await client.send(sleep, [0], options)).queue).toBe('small');
      expect((await client.send(moment, [], { ...options, queue: 'urgent' })).queue).toBe('urgent');
      await start();
      for (const queue of ['small', 'large', 'urgent']) await waitForDepth(system.broker, queue, { total: 0, ready: 0, unacknowledged: 0 });
    });

    it("the client's own function comes before them, and may leave it to them", async () => {
      await start();
      const own = new Client({
        hosts: system.broker.hosts,
        credentials: credentialsFrom(system.broker.credentialsFolder('producer')),
        topology: system.topology,
        route: (task, args) => (task === echo.name && args[0] === 'vip' ? 'large' : undefined),
      });
      const [vip, other] = [await own.send(echo, ['vip']), await own.send(echo, ['other'])];
      expect([vip.queue, other.queue]).toEqual(['large', 'urgent']);
      expect([await vip.result(), await other.result()]).toEqual(['vip', 'other']);
      await own.close();
    });
  });

  describe('priorities', () => {
    it('a later task of a higher priority is run first; without one it has that of its queue', async () => {
      const worker = await start({ [ENVIRONMENT.concurrency]: '1', [ENVIRONMENT.queues]: 'urgent' });
      const first = await client.send(sleep, [2], { queue: 'urgent' });
      await runs(first.id, 1);
      const sent: Job<Moment>[] = [];
      for (const priority of [undefined, 0, 8, 9, 6]) sent.push(await client.send(moment, [], { queue: 'urgent', priority }));
      await Promise.all(sent.map((job) => job.result()));
      const ends = await waitUntil(
        () => {
          const lines = worker.logged('task ended');
          return lines.length === sent.length + 1 ? lines : undefined;
        },
        { what: 'end of all' },
      );
      expect(ends.map(({ id }) => id)).toEqual([first.id, ...[3, 2, 0, 4, 1].map((index) => sent[index]?.id)]);
    });
  });

  describe('topics', () => {
    const queuesOf = async (id: string, count: number) => {
      const queues = momentsIn(await runs(id, count)).map(({ queue }) => queue);
      queues.sort();
      return queues;
    };

    it('a task runs once for each queue that takes its topic', async () => {
      await start();
      const both = await client.send(moment, [], { topic: 'orders.paid', ignoreResult: true });
      const one = await client.send(moment, [], { topic: 'orders.paid.late', ignoreResult: true });
      expect(await queuesOf(both.id, 2)).toEqual(['large', 'small']);
      expect(await queuesOf(one.id, 1)).toEqual(['large']);
      for (const queue of ['small', 'large']) await waitForDepth(system.broker, queue, { total: 0, ready: 0, unacknowledged: 0 });
      expect(await queuesOf(both.id, 2)).toEqual(['large', 'small']);
    });

    it('each of them waits for its time', async () => {
      await start();
      const eta = Date.now() + 3000;
      const job = await client.send(moment, [], { topic: 'orders.paid', eta: new Date(eta), ignoreResult: true });
      expect(await queuesOf(job.id, 2)).toEqual(['large', 'small']);
      for (const { wall } of momentsIn(await calls.runs(job.id))) expect(wall).toBeGreaterThanOrEqual(eta);
    });

    it('one that no queue takes is refused', async () => {
      await expect(client.send(moment, [], { topic: 'bills.paid' })).rejects.toMatchObject({ name: 'PublishError', code: 'unroutable' });
    });
  });

  describe('a worker of several queues', () => {
    it('gives back what waits long for a slot, so that an idle worker runs it', async () => {
      const unacknowledged = (queue: string) => waitForDepth(system.broker, queue, { total: 1, ready: 0, unacknowledged: 1 });
      const busy = await start({ [ENVIRONMENT.concurrency]: '1' });
      const long = await client.send(sleep, [28], { queue: 'large' });
      await unacknowledged('large');
      const job = await client.send(sleep, [0], { queue: 'small' });
      await unacknowledged('small');
      const idle = await start({}, 'deaf');
      await job.result({ timeoutSeconds: 60 });
      await ended(idle, job.id);
      expect(endsOf(busy, job.id)).toEqual([]);
      expect(endsOf(busy, long.id)).toEqual([]);
      await long.result({ timeoutSeconds: 60 });
    });
  });

  describe('broadcasts', () => {
    it('run once in every worker that listens then', async () => {
      const workers = [await start(), await start()];
      const deaf = await start({}, 'deaf');
      const job = await client.send(moment, [], { broadcast: 'news' });
      expect(await job.result()).toMatchObject({ id: job.id });
      for (const worker of workers) await ended(worker, job.id);
      const late = await start();
      const marker = await client.send(moment, [], { broadcast: 'news', ignoreResult: true });
      for (const worker of [...workers, late]) await ended(worker, marker.id);
      expect([...workers, late, deaf].map((worker) => endsOf(worker, job.id).length)).toEqual([1, 1, 0, 0]);
      expect(await calls.runs(job.id)).toHaveLength(2);
    });

    it('a retry stays with its worker', async () => {
      const workers = [await start(), await start()];
      const job = await client.send(journey, [3, 1.2], { broadcast: 'news', ignoreResult: true });
      for (const worker of workers) await ended(worker, job.id, 3);
      for (const worker of workers) expect(endsOf(worker, job.id).map(({ retries }) => retries)).toEqual([0, 1, 2]);
    });

    it('a delay is kept', async () => {
      await start();
      const eta = Date.now() + 2500;
      const job = await client.send(moment, [], { broadcast: 'news', eta: new Date(eta) });
      expect((await job.result()).wall).toBeGreaterThanOrEqual(eta);
    });

    it('one that a task gives back goes to the dead letters', async () => {
      await start();
      const job = await client.send(reject, [true], { broadcast: 'news', ignoreResult: true });
      const dead = await take(system.broker, 'small.dlq');
      expect(dead.properties.headers).toMatchObject({ id: job.id, 'x-reject-reason': 'not-repeated' });
      expect(await calls.runs(job.id)).toHaveLength(1);
    });

    it('are refused when nobody listens', async () => {
      const sent = client.send(moment, [], unlistened);
      await expect(sent).rejects.toBeInstanceOf(PublishError);
      await expect(sent).rejects.toMatchObject({ code: 'unroutable' });
    });

    it('go on after the connection was closed', async () => {
      const worker = await start();
      for (const { name } of await system.broker.api<{ name: string }[]>('GET', '/api/connections')) {
        await system.broker.api('DELETE', `/api/connections/${encodeURIComponent(name)}`).catch(() => undefined);
      }
      await waitUntil(() => client.send(moment, [], { broadcast: 'news' }).then((job) => ended(worker, job.id)), {
        what: 'task after that',
      });
    });

    it('are heard by a worker whose consumers are made anew, and no connection is lost', async () => {
      const worker = await start();
      await waitUntil(
        async () => {
          await cast(system.broker, 'pool_grow', { n: 3 });
          return Number(valueOf(await worker.metrics(), 'warren_concurrency')) > 4;
        },
        { what: 'more slots', intervalMs: 1500 },
      );
      const job = await client.send(moment, [], { broadcast: 'news' });
      await ended(worker, job.id);
      expect(worker.logged('the broker closed the consuming channel')).toEqual([]);
      expect(valueOf(await worker.metrics(), 'warren_link_reconnects_total', { link: 'consumer' })).toBe(0);
    });

    it('are not for a worker that leaves', async () => {
      const worker = await start();
      const last = await client.send(sleep, [5], { queue: 'small' });
      await waitUntil(async () => valueOf(await worker.metrics(), 'warren_tasks_running') === 1, { what: 'running task' });
      worker.process.signal('SIGTERM');
      await worker.process.waitForOutput(/"draining"/);
      await waitUntil(
        () =>
          client.send(moment, [], { broadcast: 'news' }).then(
            () => false,
            ({ code }: PublishError) => code === 'unroutable',
          ),
        { what: 'refusal' },
      );
      await last.result();
      expect(await worker.process.exit).toEqual({ code: 0, signal: null });
    });

    it('need a worker group that declares them', async () => {
      const refused = system.spawnWorker('deaf', { [ENVIRONMENT.broadcasts]: 'news' }, PROGRAMS.test);
      await refused.process.waitForOutput(/ACCESS_REFUSED|access to/i, 20_000);
      expect(await refused.probe('/readyz')).toBe(503);
      await refused.end();
    });
  });
});
