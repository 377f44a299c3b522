import { DEAD_LETTER_REASONS } from '../../workers/celery/rejected';
import { Task } from '../../workers/task';
import type { Client } from '../../workers/client/client';
import { BAD_MESSAGES, type BadMessage } from '../support/bad-messages';
import { Bench } from '../support/bad-messages/bench';
import { CONTROL_MESSAGES } from '../support/bad-messages/control';
import { renderTasks } from '../support/manifests';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(60_000);

const echo = new Task<[number], number>('test.echo', {}, (value) => value);
/** Reasons that no message alone can lead to. */
const NOT_BY_A_MESSAGE = ['internal-error', 'not-repeated'];
const EMPTY = { total: 0, ready: 0, unacknowledged: 0 };

const TO_ALL = { arguments: {}, destination: null, pattern: null, matcher: null };

describeReal('a worker that receives a bad message', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let client: Client;
  let bench: Bench;
  let tasks = 0;

  beforeAll(async () => {
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers: { general: { queues: ['small'], concurrency: 4 } } }));
    worker = await system.startWorker('general', {}, PROGRAMS.test);
    client = system.client();
    bench = await Bench.on(system.broker);
  }, 240_000);
  afterAll(async () => {
    await bench?.close();
    await system?.stop();
  }, 60_000);

  /** The next good task, by a client of its own. */
  const worksOn = async (): Promise<void> => {
    tasks += 1;
    expect(await (await client.send(echo, [tasks])).result({ timeoutSeconds: 20 })).toBe(tasks);
    expect(worker.process.running).toBe(true);
  };
  /** Over remote control, which answers in order: what was sent before has been read. */
  const ping = async (): Promise<unknown> => {
    const { queue } = await bench.admin.assertQueue('', { exclusive: true });
    await bench.admin.bindQueue(queue, 'reply.celery.pidbox', queue);
    const request = { ...TO_ALL, method: 'ping', reply_to: { exchange: 'reply.celery.pidbox', routing_key: queue }, ticket: 't' };
    bench.admin.publish('celery.pidbox', '', Buffer.from(JSON.stringify(request)), { contentType: 'application/json' });
    const reply = await waitUntil(async () => (await bench.admin.get(queue, { noAck: true })) || undefined, {
      what: 'pong',
      timeoutMs: 20_000,
    });
    await bench.admin.deleteQueue(queue);
    return Object.values(JSON.parse(reply.content.toString()) as object)[0];
  };
  const turnEventsOn = async (): Promise<void> => {
    const body = JSON.stringify({ ...TO_ALL, method: 'enable_events' });
    bench.admin.publish('celery.pidbox', '', Buffer.from(body), { contentType: 'application/json' });
    await ping();
  };
  const eventOf = (queue: string, id: string, type: string): Promise<unknown> =>
    waitUntil(
      async () => {
        const got = await bench.admin.get(queue, { noAck: true });
        const body: unknown = got && JSON.parse(got.content.toString());
        return [body].flat().some((event) => event && (event as { uuid: string }).uuid === id && (event as { type: string }).type === type);
      },
      { what: `event ${type}`, timeoutMs: 20_000, intervalMs: 5 },
    );
  const ended = (id: string) => worker.logged('task ended').find((line) => line['id'] === id);

  const named = (rows: readonly BadMessage[]) => rows.map((row): [string, BadMessage] => [`${row.row} ${JSON.stringify(row.what)}`, row]);
  const dead = named(BAD_MESSAGES.filter(({ end }) => 'dead' in end));
  const ran = named(BAD_MESSAGES.filter(({ end }) => 'ran' in end));

  it.each(dead)('dead-letters %s with a reason and goes on', async (_, row) => {
    const { dead: reason } = row.end as { dead: string | undefined };
    await bench.send(row);
    const letter = await bench.deadLetter();
    const headers = letter.properties.headers ?? {};
    expect([headers['x-reject-reason'], headers['x-reject-detail']]).toEqual([reason, reason && expect.stringMatching(/^\P{C}{1,1000}$/u)]);
    if (reason) expect(headers['x-reject-queue']).toBe('small');
    else expect(headers['x-first-death-reason']).toBe('rejected');
    if (typeof row.body !== 'string' || !row.body.includes('#')) expect(letter.content.equals(Buffer.from(row.body))).toBe(true);
    await worksOn();
    expect(await bench.anyDeadLetter()).toBe(false);
  });

  it.each(ran)('runs %s and goes on', async (_, row) => {
    const end = row.end as { ran: string; result?: unknown };
    const id = await bench.send(row);
    const line = await waitUntil(() => ended(id), {
      what: `end of the task; log: ${worker.process.output.slice(-2000)}`,
      intervalMs: 5,
      timeoutMs: 8_000,
    });
    expect(line['status']).toBe(end.ran);
    if (end.result !== undefined) expect(await bench.outcome(id)).toMatchObject({ status: 'SUCCESS', result: end.result });
    await worksOn();
    expect(await bench.anyDeadLetter()).toBe(false);
  });

  it.each(named(BAD_MESSAGES.filter(({ end }) => 'revoked' in end)))('drops %s, tells its caller, and goes on', async (_, row) => {
    const { queue } = await bench.admin.assertQueue('', { exclusive: true });
    await bench.admin.bindQueue(queue, 'celeryev', 'task.revoked');
    const id = await bench.send(row);
    expect(await bench.outcome(id)).toMatchObject({ status: 'REVOKED', result: { exc_type: 'TaskRevokedError' } });
    await worksOn();
  });

  it.each(named(BAD_MESSAGES.filter(({ end }) => 'waits' in end)))(
    'leaves %s to the broker until its time, and goes on',
    async (_, row) => {
      await bench.send(row);
      await worksOn();
      const waiting = () =>
        system.broker.api<{ name: string; messages?: number }[]>('GET', '/api/queues?disable_stats=true&enable_queue_totals=true');
      await waitUntil(async () => (await waiting()).some(({ name, messages }) => name.startsWith('celery_delayed_') && messages === 1), {
        what: 'message in a delay queue',
      });
    },
  );

  it('is told by the broker that 17 MB are too much, which is then no affair of the worker', async () => {
    const channel = await bench.producer.createConfirmChannel();
    const closed = new Promise<Error>((resolve) => channel.once('error', resolve));
    channel.publish('tasks', 'small', Buffer.alloc(17_000_000), { headers: { task: 'test.echo', id: 'a' } });
    expect((await closed).message).toContain('PRECONDITION_FAILED');
    await worksOn();
  });

  it('answers a caller that listens without a queue', async () => {
    const channel = await bench.producer.createChannel();
    const answered = new Promise<string>((resolve) => {
      void channel.consume('amq.rabbitmq.reply-to', (answer) => resolve(String(answer?.content)), { noAck: true });
    });
    const headers = { task: 'test.echo', id: 'direct' };
    const replyTo = 'amq.rabbitmq.reply-to';
    channel.publish('tasks', 'small', Buffer.from('[[7],{},{}]'), { contentType: 'application/json', replyTo, headers });
    expect(JSON.parse(await answered)).toMatchObject({ task_id: 'direct', status: 'SUCCESS', result: 7 });
  });

  it('dead-letters its own answer, when it is sent to the queue of the tasks', async () => {
    const row = BAD_MESSAGES.find(({ what }) => what === 'no reply_to') as BadMessage;
    await bench.send({ ...row, options: { ...row.options, replyTo: 'small' } });
    expect((await bench.deadLetter()).properties.headers).toMatchObject({ 'x-reject-reason': 'unknown-format' });
    await worksOn();
  });

  it('tells the caller of an unknown task, and whoever watches', async () => {
    const { queue } = await bench.admin.assertQueue('', { exclusive: true });
    await bench.admin.bindQueue(queue, 'celeryev', 'task.#');
    await turnEventsOn();
    const id = await bench.send(BAD_MESSAGES.find(({ what }) => what === 'task: "no.such.task"') as BadMessage);
    const exception = { exc_type: 'NotRegistered', exc_message: ['no.such.task'], exc_module: 'celery.exceptions' };
    expect(await bench.outcome(id)).toMatchObject({ status: 'FAILURE', result: exception });
    await bench.deadLetter();
    await eventOf(queue, id, 'task-failed');
    const late = await bench.send(BAD_MESSAGES.find(({ end }) => 'revoked' in end) as BadMessage);
    await eventOf(queue, late, 'task-revoked');
  });

  it('never gets headers over 64 KiB from our own client, which says so and goes on', async () => {
    const headers = { tenant: 'x'.repeat(70_000) };
    await expect(client.send(echo, [1], { headers })).rejects.toMatchObject({ name: 'PublishError', code: 'invalid' });
    await worksOn();
  });

  it.each(CONTROL_MESSAGES)('ignores or refuses a control message and goes on: %s', async (_, body, properties = {}) => {
    const content = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify({ ...TO_ALL, ...body }) : body;
    const sent = { contentType: 'application/json', contentEncoding: 'utf-8', ...properties };
    bench.admin.publish('celery.pidbox', '', Buffer.from(content), sent);
    expect(await ping()).toEqual({ ok: 'pong' });
    await worksOn();
    expect(await bench.anyDeadLetter()).toBe(false);
  });

  it('has met every reason that the code knows', () => {
    const met = new Set(BAD_MESSAGES.map(({ end }) => ('dead' in end ? end.dead : undefined)));
    expect(DEAD_LETTER_REASONS.filter((reason) => !met.has(reason) && !NOT_BY_A_MESSAGE.includes(reason))).toEqual([]);
  });

  it('is the same process at the end, and holds nothing', async () => {
    await waitForDepth(system.broker, 'small', EMPTY);
    // No dead letter went anywhere else.
    await waitForDepth(system.broker, 'large.dlq', EMPTY);
    // What a producer says of earlier deliveries is not believed.
    expect(worker.logged('runs alone: its workers died or refused it')).toEqual([]);
    expect(worker.logged('connection lost')).toEqual([]);
    expect(worker.logged('uncaught exception')).toEqual([]);
    expect(worker.logged('unhandled rejection')).toEqual([]);
    expect(await worker.probe('/readyz')).toBe(200);
    // No control character of a stranger's, and no line without an end.
    for (const line of worker.process.output.split('\n')) expect(line).toMatch(/^\P{C}{0,5000}$/u);
  });

  it('leaves the message with the broker when no dead-letter queue takes it', async () => {
    await bench.admin.unbindQueue('small.dlq', 'tasks.dlx', 'small.dlq');
    const before = worker.logged('no copy with a reason').length;
    await bench.send(BAD_MESSAGES.find(({ what }) => what === 'no JSON') as BadMessage);
    await waitUntil(() => worker.logged('no copy with a reason').length > before, { what: 'log line' });
    // Dead-lettering is at least once: the broker keeps it and tries again, every three minutes.
    await waitForDepth(system.broker, 'small', { total: 1, ready: 0, unacknowledged: 0 });
    await bench.admin.bindQueue('small.dlq', 'tasks.dlx', 'small.dlq');
  });
});
