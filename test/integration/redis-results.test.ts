import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaskFailed } from '../../workers/client/job';
import { EXIT } from '../../workers/run-worker';
import { Task } from '../../workers/task';
import { publish } from '../support/amqp';
import { HoldingProxy } from '../support/holding-proxy';
import { mainProgramObjects } from '../support/main-program';
import { describeRedis } from '../support/describe-redis';
import { RedisServer } from '../support/redis-server';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import { valueOf } from '../support/exposition';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const never = (): never => {
  throw new Error('runs in the worker');
};
const echo = new Task<[unknown]>('test.echo', {}, never);
const fail = new Task<[], never>('test.fail', {}, never);
const sleep = new Task<[number], number>('test.sleep', {}, never);
const lastWords = new Task<[number], number>('test.last-words', {}, never);
const progress = new Task<[number], number>('test.progress', {}, never);

describeRedis('results in a real Redis', () => {
  let system: TaskSystem;
  let redis: RedisServer;
  let worker: WorkerProcess;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warren-ledger-'));
    [redis, system] = await Promise.all([
      RedisServer.start(),
      mainProgramObjects('development').then(async (all) => TaskSystem.start(all)),
    ]);
    worker = await startWorker();
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await redis?.remove();
    await rm(folder, { recursive: true });
  }, 240_000);

  const ledger = (): string => join(folder, 'ledger');
  const runs = async (id: string): Promise<string[]> =>
    (await readFile(ledger(), 'utf8').catch(() => '')).split('\n').filter((line) => line.startsWith(`${id} `));
  const startWorker = async (environment = redis.environment()): Promise<WorkerProcess> =>
    system.startWorker('general', { TEST_LEDGER: ledger(), ...environment }, PROGRAMS.test);
  const client = () => system.client({ redis: redis.options });
  const stored = async (id: string): Promise<Record<string, unknown> | undefined> => {
    const text = await redis.use(async (connection) => connection.get(`celery-task-meta-${id}`));
    return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
  };
  const store = async (id: string, state: object): Promise<unknown> =>
    redis.use(async (connection) => connection.set(`celery-task-meta-${id}`, JSON.stringify({ task_id: id, ...state })));
  /** Sends a call as a program would that wants no answer by message. */
  const send = async (id: string, task: string, args: readonly unknown[] = [], headers: object = {}): Promise<void> =>
    publish(system.broker, 'small', JSON.stringify([args, {}, {}]), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers: { task, id, ...headers },
    });
  const ended = async (by: WorkerProcess, id: string): Promise<Record<string, unknown>> =>
    waitUntil(() => by.logged('task ended').find((line) => line['id'] === id), {
      what: `end of ${id}; the worker's output: ${by.process.output}`,
      timeoutMs: 40_000,
    });
  const empty = (): Promise<unknown> => waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });

  it('come to the client that waits, before and after the task has ended', async () => {
    const job = await client().send(echo, [{ a: [1, 'ü'] }]);
    expect(await job.result()).toEqual({ a: [1, 'ü'] });
    expect(await job.result()).toEqual({ a: [1, 'ü'] });
    expect(await job.state()).toBe('SUCCESS');
    const failed = await (await client().send(fail, [])).result().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TaskFailed);
    expect(failed).toMatchObject({ type: 'TypeError', message: 'TypeError: no good' });
  });

  it('come to several callers at once, also to one that gave up before', async () => {
    const job = await client().send(sleep, [2]);
    await expect(job.result({ timeoutSeconds: 0.2 })).rejects.toThrow('no result of task');
    expect(await Promise.all([job.result(), job.result(), job.result()])).toEqual([2, 2, 2]);
  });

  it('have the fields and the lifetime that Celery gives them', async () => {
    const id = randomUUID();
    const parent = randomUUID();
    await send(id, 'test.echo', [5], { parent_id: parent });
    await ended(worker, id);
    expect(await stored(id)).toEqual({
      status: 'SUCCESS',
      result: 5,
      traceback: null,
      children: [],
      date_done: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      task_id: id,
      parent_id: parent,
    });
    const left = await redis.use(async (connection) => connection.ttl(`celery-task-meta-${id}`));
    expect(left).toBeGreaterThan(86_000);
    expect(left).toBeLessThanOrEqual(86_400);
  });

  it('are there for another program that knows the id, and after a restart of Redis', async () => {
    const sender = client();
    const { id } = await sender.send(echo, ['kept']);
    await ended(worker, id);
    await sender.close();
    await redis.stop();
    await redis.resume();
    const other = client();
    expect(await other.result(id).state()).toBe('SUCCESS');
    expect(await other.result<string>(id).result()).toBe('kept');
    expect(await other.result(randomUUID()).state()).toBe('PENDING');
  });

  it('are told on the way, and no progress overtakes the end', async () => {
    const asking = client();
    const slow = await asking.send(progress, [300]);
    await waitUntil(async () => (await slow.state()) === 'PROGRESS', { what: 'state PROGRESS' });
    expect(await stored(slow.id)).toMatchObject({ status: 'PROGRESS', result: { of: 300 }, date_done: null });
    expect(await slow.result()).toBe(300);
    const hasty = await Promise.all(Array.from({ length: 20 }, async () => asking.send(lastWords, [5])));
    expect(await Promise.all(hasty.map(async (job) => job.result()))).toEqual(hasty.map(() => 5));
    for (const { id } of hasty) await ended(worker, id);
    for (const { id } of hasty) expect(await stored(id)).toMatchObject({ status: 'SUCCESS', result: 5 });
  });

  it('are not stored when the caller wants none', async () => {
    const { id } = await client().send(echo, ['nobody asks'], { ignoreResult: true });
    await ended(worker, id);
    expect(await stored(id)).toBeUndefined();
  });

  it('never take the place of a success; a failure gives way', async () => {
    const succeeded = randomUUID();
    const failed = randomUUID();
    await store(succeeded, { status: 'SUCCESS', result: 'first' });
    await store(failed, { status: 'FAILURE', result: { exc_type: 'E', exc_message: [], exc_module: 'js' } });
    for (const id of [succeeded, failed]) await send(id, 'test.echo', ['second']);
    for (const id of [succeeded, failed]) await ended(worker, id);
    expect(await stored(succeeded)).toMatchObject({ status: 'SUCCESS', result: 'first' });
    expect(await stored(failed)).toMatchObject({ status: 'SUCCESS', result: 'second' });
  });

  it('say what is wrong when another program has stored something else', async () => {
    const id = randomUUID();
    await redis.use(async (connection) => connection.set(`celery-task-meta-${id}`, '\u0000celery-compressed\u0000'));
    await expect(client().result(id).result()).rejects.toThrow(`result of task ${id}: not a JSON result of Celery`);
  });

  it('say what is wrong when the user may not do what it takes', async () => {
    const credentials = async () => ({ username: 'reader', password: 'r' });
    const add = ['ACL', 'SETUSER', 'reader', 'on', '>r', '+@connection', '+get', '~celery-task-meta-*'];
    await redis.use(async (connection) => connection.sendCommand(add));
    const job = system.client({ redis: { url: redis.url, credentials } }).result(randomUUID());
    await expect(job.result({ timeoutSeconds: 3 })).rejects.toThrow(/NOPERM.*subscribe/);
  });

  it('need no more of Redis than the documented permissions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'warren-login-'));
    const rules = ['+@connection', '+get', '+set', '+setex', '+multi', '+exec', '+publish', '+subscribe', '+unsubscribe'];
    const patterns = ['~celery-task-meta-*', '&celery-task-meta-*'];
    await redis.use(async (connection) => connection.sendCommand(['ACL', 'SETUSER', 'tasks', 'on', '>t', ...rules, ...patterns]));
    for (const [name, value] of Object.entries({ username: 'tasks', password: 't' })) await writeFile(join(folder, name), value);
    await worker.end();
    worker = await startWorker({ ...redis.environment(), WARREN_REDIS_CREDENTIALS: folder });
    const asking = system.client({ redis: { url: redis.url, credentials: async () => ({ username: 'tasks', password: 't' }) } });
    expect(await (await asking.send(sleep, [1])).result()).toBe(1);
    await worker.end();
    worker = await startWorker();
    await rm(folder, { recursive: true });
  });

  describe('while Redis is away', () => {
    it('wait for it for a while: both sides find their way back', async () => {
      const waiting = client();
      const job = await waiting.send(sleep, [2]);
      const result = job.result();
      await waitUntil(async () => (await runs(job.id)).includes(`${job.id} started`), { what: 'start of the task' });
      await redis.stop();
      await waitUntil(async () => (await runs(job.id)).includes(`${job.id} finished`), { what: 'end of the task' });
      const link = async (name: string) => valueOf(await worker.metrics(), name, { link: 'redis' });
      await waitUntil(async () => (await link('warren_link_up')) === 0, { what: 'lost connection in the metrics' });
      const reconnects = (await link('warren_link_reconnects_total')) ?? NaN;
      await redis.resume();
      expect(await result).toBe(2);
      expect(await runs(job.id)).toHaveLength(2);
      await waitUntil(async () => (await link('warren_link_up')) === 1, { what: 'connection in the metrics' });
      expect(await link('warren_link_reconnects_total')).toBe(reconnects + 1);
    });

    it('are given up after 10 s: the task is acked and not run again, and the worker goes on', async () => {
      await redis.stop();
      const [lost, ignored] = [randomUUID(), randomUUID()];
      const started = performance.now();
      await send(lost, 'test.fail');
      // The next one has a slot of its own, and needs no Redis.
      await send(ignored, 'test.echo', ['goes on'], { ignore_result: true });
      await ended(worker, ignored);
      await ended(worker, lost);
      const seconds = (performance.now() - started) / 1000;
      expect(seconds).toBeGreaterThan(9.5);
      expect(seconds).toBeLessThan(30);
      expect(worker.logged('result not delivered')).toContainEqual(expect.objectContaining({ id: lost, status: 'FAILURE', level: 40 }));
      await empty();
      expect(await runs(lost)).toHaveLength(1);
      await expect(client().result(lost).result({ timeoutSeconds: 1 })).rejects.toThrow('no connection to Redis');
      await redis.resume();
      expect(await (await client().send(echo, ['again'])).result()).toBe('again');
    });

    it('are stored on a new connection when a Redis that said nothing answers again', async () => {
      const id = randomUUID();
      const complaints = (): number => worker.logged('no connection to Redis').length;
      const before = complaints();
      await send(id, 'test.sleep', [1]);
      await waitUntil(async () => (await runs(id)).length > 0, { what: 'start of the task' });
      redis.freeze();
      await waitUntil(async () => (await runs(id)).length > 1, { what: 'end of the task' });
      await waitUntil(() => complaints() > before, { what: 'notice of the silence' });
      redis.thaw();
      await ended(worker, id);
      expect(await stored(id)).toMatchObject({ status: 'SUCCESS', result: 1 });
    });
  });

  it('are stored with the new password when it changes', async () => {
    const asking = client();
    expect(await (await asking.send(echo, ['before'])).result()).toBe('before');
    await redis.changePassword(`second ${randomUUID()}`);
    expect(await (await asking.send(echo, ['after'])).result()).toBe('after');
  });

  describe('of tasks that are to be deduplicated', () => {
    it('spare a second run after the worker died between the result and the ack', async () => {
      await worker.end();
      const proxy = await HoldingProxy.start(redis.port, /SUCCESS/);
      const dying = await startWorker(redis.environment(proxy.port));
      const id = randomUUID();
      try {
        await send(id, 'test.once', ['value']);
        await waitUntil(async () => (await stored(id))?.['status'] === 'SUCCESS', { what: 'stored result' });
        expect(proxy.holds).toBe(true);
        dying.process.signal('SIGKILL');
        await dying.process.exit;
      } finally {
        await proxy.stop();
      }
      worker = await startWorker();
      expect(await ended(worker, id)).toMatchObject({
        end: 'duplicate',
        status: 'SUCCESS',
        task: 'test.once',
        redelivered: true,
        duplicates: 1,
      });
      await empty();
      expect(await runs(id)).toEqual([`${id} ran`]);
      expect(await client().result(id).result()).toBe('value');
      const labels = { task: 'test.once', queue: 'small', outcome: 'duplicate' };
      await waitUntil(async () => valueOf(await worker.metrics(), 'warren_tasks_ended_total', labels) === 1, { what: 'metric' });
    });

    it('let a task run again that has not succeeded, or was never tried', async () => {
      const id = randomUUID();
      await store(id, { status: 'FAILURE', result: { exc_type: 'E', exc_message: [], exc_module: 'js' } });
      await send(id, 'test.once', ['value']);
      expect(await ended(worker, id)).toMatchObject({ end: 'success' });
      // A first delivery is not looked up, whatever is stored: ids may be used again.
      await send(id, 'test.once', ['value']);
      await waitUntil(async () => (await runs(id)).length === 2, { what: 'second run' });
    });

    it('are needed: a worker without them does not start', async () => {
      const refused = system.spawnWorker('general', { TEST_DEDUPLICATE: '1' }, PROGRAMS.test);
      expect(await refused.process.exit).toMatchObject({ code: EXIT.invalid });
      expect(refused.process.output).toContain(
        'test.once.deduplicate: got true -> needs a result backend that keeps results; rpc keeps none',
      );
    });
  });

  it('go through TLS, with an authority that only the Secret knows', async () => {
    await worker.end();
    const encrypted = await RedisServer.start({ tls: true });
    try {
      const trusting = await system.startWorker('general', encrypted.environment(), PROGRAMS.test);
      const job = await system.client({ redis: encrypted.options }).send(echo, ['secret']);
      expect(await job.result()).toBe('secret');
      const { url, credentials } = encrypted.options;
      await expect(system.client({ redis: { url, credentials } }).result(job.id).result({ timeoutSeconds: 3 })).rejects.toThrow(
        /certificate/,
      );
      await trusting.end();
    } finally {
      await encrypted.remove();
    }
  });
});
