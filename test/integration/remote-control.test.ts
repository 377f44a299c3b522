import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import type { Client } from '../../workers/client/client';
import { add, count } from '../../workers/tasks';
import { publish, withChannel } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

describeReal('remote control', () => {
  let system: TaskSystem;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    client = system.client();
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  const started: WorkerProcess[] = [];
  afterEach(() => Promise.all(started.splice(0).map((worker) => worker.end())), 240_000);
  const startWorker = async (environment: Record<string, string> = {}): Promise<WorkerProcess> => {
    const worker = system.spawnWorker('general', environment);
    started.push(worker);
    await waitUntil(async () => (await worker.probe('/readyz')) === 200, { timeoutMs: 30_000, what: 'ready worker' });
    return worker;
  };

  const broadcast = (content: string, options: object = {}): Promise<void> =>
    withChannel(system.broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
      channel.publish('celery.pidbox', '', Buffer.from(content), {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        headers: { clock: 1, expires: 0 },
        ...options,
      });
      await channel.waitForConfirms();
    });

  /** What Flower broadcasts all the time. */
  const flowerAsks = (times: number): Promise<void> =>
    withChannel(system.broker, 'flower', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const request = { method: 'enable_events', arguments: {}, destination: null, pattern: null, matcher: null };
      const properties = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { clock: 1, expires: 0 } };
      for (let time = 0; time < times; time++) channel.publish('celery.pidbox', '', Buffer.from(JSON.stringify(request)), properties);
      await channel.waitForConfirms();
    });

  /** A command without an answer. */
  const cast = (method: string, args: object, more: object = {}): Promise<void> =>
    broadcast(JSON.stringify({ method, arguments: args, destination: null, pattern: null, matcher: null, ...more }));

  /** The answers of so many workers, as they come. */
  const call = (method: string, args: object = {}, answers = 1): Promise<Record<string, any>[]> =>
    withChannel(system.broker, 'producer', async (channel) => {
      const key = randomUUID();
      const got: Record<string, any>[] = [];
      await channel.assertExchange('reply.celery.pidbox', 'direct', { durable: false });
      await channel.assertQueue(`${key}.reply.celery.pidbox`, { exclusive: true, durable: false, autoDelete: true });
      await channel.bindQueue(`${key}.reply.celery.pidbox`, 'reply.celery.pidbox', key);
      const receive = (message: ConsumeMessage | null) =>
        message && got.push(JSON.parse(message.content.toString()) as Record<string, any>);
      await channel.consume(`${key}.reply.celery.pidbox`, receive, { noAck: true });
      await cast(method, args, { ticket: key, reply_to: { exchange: 'reply.celery.pidbox', routing_key: key } });
      // Callers that are not sure of an answer ask again.
      await waitUntil(() => got.length >= answers, { what: `${answers} answers to ${method}`, timeoutMs: 10_000 });
      return got;
    });

  const endOf = (worker: WorkerProcess, id: string) =>
    waitUntil(() => worker.logged('task ended').find((line) => line['id'] === id), {
      what: `end of ${id}; output: ${worker.process.output}`,
    });

  describe('revoking', () => {
    it('reaches a worker that starts later, even after all were gone and the broker was restarted', async () => {
      const first = await startWorker();
      await first.end();
      const job = await client.send(add, [1, 2]);
      const other = await client.send(add, [3, 4]);
      await cast('revoke', { task_id: [job.id], terminate: true, signal: 'SIGKILL' }, { destination: ['general@test-0'] });
      await flowerAsks(2000);
      await system.broker.stop({ keepData: true });
      await system.broker.start();
      // At the same time: one reads the journal after the other.
      const workers = await Promise.all([startWorker(), startWorker(), startWorker()]);
      await expect(job.result()).rejects.toMatchObject({ type: 'TaskRevokedError', message: expect.stringContaining('revoked') });
      expect(await other.result()).toBe(7);
      const answers = await call('revoked', {}, 3);
      expect(answers.flatMap((answer) => Object.values(answer))).toEqual([[job.id], [job.id], [job.id]]);
      expect(workers.flatMap((worker) => worker.logged('tasks are taken before all revoked ones are known'))).toEqual([]);
      // The readers have thrown away most of what revokes nothing.
      await waitUntil(async () => (await system.broker.queueDepth('revoked.celery.pidbox')).total < 1500, { what: 'short journal' });
    });

    it('reaches it when the broker was away in between, and by stamps', async () => {
      const worker = await startWorker();
      await system.broker.kill();
      await system.broker.start();
      await cast('revoke_by_stamped_headers', { headers: { customer: ['c-1'] }, terminate: false });
      await worker.ready();
      const id = randomUUID();
      const headers = { task: 'tasks.add', id, stamps: { customer: 'c-1' }, stamped_headers: ['customer'] };
      await publish(system.broker, 'small', '[[1,2],{},{}]', { contentType: 'application/json', contentEncoding: 'utf-8', headers });
      expect(await endOf(worker, id)).toMatchObject({ status: 'REVOKED' });
      await worker.end();
    });

    it('does not keep a worker from starting when the journal is not to be had', async () => {
      await withChannel(system.broker, 'admin', async (channel) => {
        await channel.deleteQueue('revoked.celery.pidbox');
        await channel.assertQueue('revoked.celery.pidbox', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      });
      // Declared with other arguments than the worker's.
      const worker = await startWorker();
      expect(worker.logged('revoked tasks of the past are not known')).toHaveLength(1);
      expect(await (await client.send(add, [1, 2])).result()).toBe(3);
      expect(await call('ping')).toMatchObject([expect.anything()]);
      await worker.end();
      await withChannel(system.broker, 'admin', (channel) => channel.deleteQueue('revoked.celery.pidbox'));
    });

    it('does nothing to a worker that is read-only, which still answers', async () => {
      const worker = await startWorker({ WARREN_REMOTE_CONTROL: 'read-only' });
      const id = randomUUID();
      const [answer] = await call('revoke', { task_id: id });
      expect(Object.values(answer ?? {})).toEqual([{ error: expect.stringContaining('PermissionError') }]);
      await cast('shutdown', {});
      expect(Object.values((await call('ping'))[0] ?? {})).toEqual([{ ok: 'pong' }]);
      expect(worker.process.running).toBe(true);
      await worker.end();
    });
  });

  it('lets two workers of the same name run', async () => {
    const same = { WARREN_NODE_NAME: 'general@same' };
    const workers = [await startWorker(same), await startWorker(same)];
    expect(await call('ping', {}, 2)).toEqual([{ 'general@same': { ok: 'pong' } }, { 'general@same': { ok: 'pong' } }]);
    expect(workers.map((worker) => worker.process.output).join('')).not.toMatch(/RESOURCE_LOCKED|ACCESS_REFUSED/);
    await Promise.all(workers.map((worker) => worker.end()));
  });

  it('sends nothing and answers nothing when it is off, but heartbeats', async () => {
    await withChannel(system.broker, 'flower', async (channel) => {
      const types = await listen(channel);
      const worker = await startWorker({ WARREN_REMOTE_CONTROL: 'off', WARREN_TASK_EVENTS: 'true' });
      expect(await (await client.send(add, [1, 2])).result()).toBe(3);
      await waitUntil(() => types.includes('worker-heartbeat') && types.includes('task-succeeded'), { what: 'events' });
      const queues = await system.broker.api<{ name: string }[]>('GET', '/api/queues/tasks?disable_stats=true');
      expect(queues.filter(({ name }) => name.startsWith('general@'))).toEqual([]);
      await worker.end();
      await waitUntil(() => types.includes('worker-offline'), { what: 'worker-offline' });
      expect(types.filter((type) => type !== 'worker-heartbeat')).toEqual([
        'worker-online',
        'task-received',
        'task-started',
        'task-succeeded',
        'worker-offline',
      ]);
    });
  });

  /** Types of all events, as they come. */
  async function listen(channel: import('amqplib').Channel): Promise<string[]> {
    const types: string[] = [];
    const queue = `celeryev.${randomUUID()}`;
    await channel.assertExchange('celeryev', 'topic', { durable: true });
    await channel.assertQueue(queue, { exclusive: true, durable: false, autoDelete: true });
    await channel.bindQueue(queue, 'celeryev', '#');
    const receive = (message: ConsumeMessage | null): void => {
      const body = JSON.parse(message?.content.toString() ?? '[]') as { type: string } | { type: string }[];
      for (const { type } of [body].flat()) types.push(type);
    };
    await channel.consume(queue, receive, { noAck: true });
    return types;
  }

  it('survives everything that is sent to it, and goes on with its tasks meanwhile', async () => {
    const worker = await startWorker();
    const job = await client.send(count, [40, 0.1]);
    const reply = { ticket: 't', reply_to: { exchange: 'reply.celery.pidbox', routing_key: 'nobody' } };
    await broadcast('{');
    await broadcast('[]');
    await broadcast('null');
    await broadcast('"x"', { contentType: undefined });
    await broadcast('x', { contentType: 'application/x-python-serialize' });
    await broadcast('{"method":"ping"}', { headers: { clock: 'no', expires: {} } });
    await broadcast('{"method":"ping"}', { headers: { clock: Number.MAX_VALUE, expires: 1 } });
    await broadcast(`{"method":"revoke","arguments":{"task_id":["${'x'.repeat(5_000_000)}"]}}`);
    await cast('nosuch', {}, reply);
    await cast('ping', {}, { ...reply, destination: { a: 1 } });
    await cast('ping', {}, { ...reply, pattern: '(((((((.*)*)*)*)*)*)*)*x', matcher: 'pcre' });
    await cast('ping', {}, { ...reply, pattern: '[', matcher: 'nosuch' });
    await cast('ping', {}, { reply_to: { exchange: 'tasks', routing_key: 'small' }, ticket: {} });
    await cast('ping', {}, { reply_to: { exchange: 'missing', routing_key: 'small' } });
    await cast('pool_grow', { n: 1e9 }, reply);
    await cast('rate_limit', { task_name: 'tasks.add', rate_limit: 'x' }, reply);
    await cast('revoke', { task_id: Array(100_000).fill('x'), terminate: true, signal: 'SIGKILL' }, reply);
    await cast('hello', { from_node: {}, revoked: [[], {}, 5] }, reply);
    await cast('election', { id: 1, topic: 2, action: 3 }, reply);
    await cast('__proto__', { __proto__: 1 }, reply);
    await withChannel(system.broker, 'admin', (channel) => channel.deleteExchange('reply.celery.pidbox'));
    await cast('ping', {}, reply);
    // The answer finds no exchange, so the broker closes the channel of the answers; another one is opened.
    await worker.process.waitForOutput(/"channel":"control replies"/);
    await waitUntil(() => call('ping').catch(() => false), { what: 'answer after all that', timeoutMs: 60_000 });
    expect(await job.result()).toBe(40);
    expect((await endOf(worker, job.id))['redelivered']).toBe(false);
    expect(worker.logged('connected')).toHaveLength(2);
    await worker.end();
  });

  it('drops events and answers while the broker takes no messages, and loses no connection over it', async () => {
    const worker = await startWorker({ WARREN_TASK_EVENTS: 'true' });
    const [node] = await system.broker.api<{ mem_limit: number }[]>('GET', '/api/nodes');
    await system.broker.ctl('set_vm_memory_high_watermark', '0');
    // The next heartbeat has the broker block the connection.
    type Connection = { state: string; client_properties: { connection_name?: string } };
    const blocked = async () => {
      const connections = await system.broker.api<Connection[]>('GET', '/api/connections');
      return connections.some(
        ({ state, client_properties: { connection_name: name } }) => state === 'blocked' && name?.endsWith('publisher'),
      );
    };
    await waitUntil(blocked, { what: 'blocked publisher', timeoutMs: 20_000 });
    expect(await worker.probe('/readyz')).toBe(200);
    await system.broker.ctl('set_vm_memory_high_watermark', 'absolute', String(node?.mem_limit));
    await waitUntil(() => call('ping').catch(() => false), { what: 'answer', timeoutMs: 60_000 });
    expect(await (await client.send(add, [1, 2])).result()).toBe(3);
    expect(worker.logged('connected')).toHaveLength(2);
  });

  it('listens again when only its queue is lost, and consumes all the while', async () => {
    const worker = await startWorker({ WARREN_NODE_NAME: 'general@again' });
    const job = await client.send(count, [30, 0.1]);
    const [queue] = await waitUntil(
      async () => {
        const queues = await system.broker.api<{ name: string }[]>('GET', '/api/queues/tasks?disable_stats=true');
        const own = queues.filter(({ name }) => name.startsWith('general@again.'));
        return own.length === 1 ? own : undefined;
      },
      { what: 'its control queue' },
    );
    expect(queue?.name).toMatch(/^general@again\.[0-9a-f-]{36}\.celery\.pidbox$/);
    await system.broker.ctl('delete_queue', '--vhost', 'tasks', '--force', queue?.name ?? '');
    await waitUntil(() => call('ping').catch(() => false), { what: 'answer', timeoutMs: 60_000 });
    expect(await job.result()).toBe(30);
    expect(worker.logged('connected')).toHaveLength(2);
    await worker.end();
  });
});
