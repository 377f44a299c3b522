import type { Client } from '../../workers/client/client';
import { DELAYED_DELIVERY_ENTRY, delayedRoutingKey } from '../../workers/celery/delayed-delivery';
import { ENVIRONMENT } from '../../workers/environment';
import { take, withChannel } from '../support/amqp';
import { Calls } from '../support/calls';
import { renderTasks } from '../support/manifests';
import { type Moment, momentsIn, remote } from '../support/moment';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(90_000);

const DAY_MS = 86_400_000;
const EMPTY = { total: 0, ready: 0, unacknowledged: 0 };
/** Later than this nobody wants a task, on a slow machine either. */
const MOST_LATE_MS = 5000;

const moment = remote('test.moment');
const journey = remote<[tries: number, delaySeconds: number]>('test.journey');

describeReal('delays', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;
  const started: WorkerProcess[] = [];

  beforeAll(async () => {
    const workers = { general: { queues: ['small', 'large'], concurrency: 4 } };
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers }));
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterEach(() => Promise.all(started.splice(0).map((worker) => worker.end())), 60_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const start = async (overrides: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> => {
    const worker = await system.startWorker('general', { ...calls.environment, ...overrides }, PROGRAMS.test);
    started.push(worker);
    return worker;
  };
  const depth = (queue: string, total: number) => waitForDepth(system.broker, queue, { total, ready: total, unacknowledged: 0 });
  const purge = (queue: string) => withChannel(system.broker, 'admin', (channel) => channel.purgeQueue(queue));
  const expectOnTime = ({ wall }: Pick<Moment, 'wall'>, eta: number, what: string): void => {
    note(`${what}: ${wall - eta} ms late`);
    expect(wall).toBeGreaterThanOrEqual(eta);
    expect(wall - eta).toBeLessThan(MOST_LATE_MS);
  };

  it.each([0.3, 1, 2, 3.7])('a delay of %d s is never less', async (delaySeconds) => {
    await start();
    const asked = Date.now();
    const job = await client.send(moment, [], { delaySeconds });
    expectOnTime(await job.result(), asked + delaySeconds * 1000, `a delay of ${delaySeconds} s`);
  });

  it('an eta is kept, and one in the past is no delay', async () => {
    await start();
    const eta = new Date(Date.now() + 1500);
    expectOnTime(await (await client.send(moment, [], { eta })).result(), eta.getTime(), 'an eta in 1.5 s');
    const asked = Date.now();
    const past = await client.send(moment, [], { eta: new Date(asked - DAY_MS) });
    expectOnTime(await past.result(), asked, 'an eta in the past');
  });

  it('a task waits in the broker, whatever becomes of the workers', async () => {
    const worker = await start();
    const eta = new Date(Date.now() + 7000);
    const job = await client.send(moment, [], { eta });
    // 6 whole seconds: 4, then 2.
    await depth('celery_delayed_2', 1);
    expect(await system.broker.queueDepth('small')).toEqual(EMPTY);
    await worker.process.stop('SIGKILL');
    await start();
    expectOnTime(await job.result(), eta.getTime(), 'an eta that no worker lived to see');
  });

  /** Far ETAs straight in a queue, as producers without native delayed delivery leave them there, and after them tasks that are due. */
  const publishFar = (count: number, ...due: readonly (readonly [task: string, args: readonly unknown[]])[]) =>
    withChannel(system.broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const eta = new Date(Date.now() + 3_600_000).toISOString();
      const send = (headers: object, args: readonly unknown[]) => {
        const properties = { contentType: 'application/json', contentEncoding: 'utf-8', headers, persistent: true };
        channel.publish('tasks', 'small', Buffer.from(JSON.stringify([args, {}, {}])), properties);
      };
      for (let index = 0; index < count; index++) send({ task: 'test.moment', id: `far-${index}`, eta }, []);
      for (const [index, [task, args]] of due.entries()) send({ task, id: `due-${index}` }, args);
      await channel.waitForConfirms();
    });

  it('3,000 far etas that come straight to the queue are parked and hold up no other task', async () => {
    await publishFar(3000);
    await start();
    const asked = Date.now();
    await (await client.send(moment, [])).result({ timeoutSeconds: 60 });
    const waited = Date.now() - asked;
    note(`an immediate task behind 3,000 far etas waited ${waited} ms`);
    // Parked one by one they would hold it up for a minute, unparked for an hour.
    expect(waited).toBeLessThan(30_000);
    await depth('celery_delayed_11', 3000);
    await waitForDepth(system.broker, 'small', EMPTY);
    expect((await calls.ledger()).filter((line) => line.startsWith('far-'))).toEqual([]);
    await purge('celery_delayed_11');
  });

  it('a worker that parked many far etas keeps no more tasks than it runs', async () => {
    const tasks = 80;
    await publishFar(500, ...Array.from({ length: tasks }, () => ['test.sleep', [25]] as const));
    const busy = await start();
    try {
      await waitForDepth(system.broker, 'small', { total: tasks, ready: tasks - 4, unacknowledged: 4 });
      await depth('celery_delayed_11', 500);
    } finally {
      await busy.process.stop('SIGKILL');
      await purge('small');
      await purge('celery_delayed_11');
    }
  });

  it('an eta in 30 days does not fire, wherever it waits', async () => {
    await start();
    const eta = new Date(Date.now() + 30 * DAY_MS);
    const ids = [
      (await client.send(moment, [], { eta })).id,
      await calls.send('small', 'test.moment', [], { headers: { eta: eta.toISOString() } }),
    ];
    await depth('celery_delayed_21', 2);
    await (await client.send(moment, [])).result();
    for (const id of ids) expect(await calls.runs(id)).toEqual([]);
    await purge('celery_delayed_21');
  });

  it('a retry comes back to its own queue, and carries nothing of earlier ones', async () => {
    const worker = await start();
    const job = await client.send(journey, [3, 3], { queue: 'large' });
    const runs = (count: number) =>
      waitUntil(async () => (await calls.runs(job.id)).length === count, { what: `run ${count}`, timeoutMs: 20_000 });
    await runs(2);
    await worker.end();
    const { fields, properties } = await take(system.broker, 'large');
    expect(momentsIn(await calls.runs(job.id))).toMatchObject([
      { queue: 'large', retries: 0 },
      { queue: 'large', retries: 1 },
    ]);
    // What waited a little less than 3 s: 2 s or 3 s in whole seconds.
    expect([2, 3].map((seconds) => delayedRoutingKey(seconds, 'large'))).toContain(fields.routingKey);
    expect(properties.headers).toMatchObject({ id: job.id, retries: 2 });
    const deaths = properties.headers?.['x-death'] as { queue: string; count: number }[];
    expect(deaths.map(({ count }) => count)).toEqual(deaths.map(() => 1));
    expect(deaths.length).toBeLessThanOrEqual(2);
  });

  it('a task that expires before its eta is told as revoked and does not run', async () => {
    await start();
    const asked = Date.now();
    const job = await client.send(moment, [], { delaySeconds: 30, expiresSeconds: 1 });
    await expect(job.result()).rejects.toMatchObject({ type: 'TaskRevokedError', message: expect.stringContaining('expired') });
    expect(Date.now() - asked).toBeLessThan(29_000);
    expect(await calls.runs(job.id)).toEqual([]);
  });

  it('a task that expires while no worker is there is dead-lettered by the broker', async () => {
    const job = await client.send(moment, [], { expiresSeconds: 0.5 });
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id: job.id, 'x-first-death-reason': 'expired' });
    await start();
    await (await client.send(moment, [])).result();
    expect(await calls.runs(job.id)).toEqual([]);
  });

  it('what waits for its time behind the delays of the broker is handed back by a worker that drains', async () => {
    const worker = await start();
    // 1.9 s: one in the broker, the rest in the worker.
    const eta = Date.now() + 1900;
    await withChannel(system.broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const headers = { task: 'test.moment', id: 'drained', eta: new Date(eta).toISOString() };
      const properties = { contentType: 'application/json', contentEncoding: 'utf-8', headers, persistent: true };
      channel.publish(DELAYED_DELIVERY_ENTRY, delayedRoutingKey(1, 'small'), Buffer.from('[[],{},{}]'), properties);
      await channel.waitForConfirms();
    });
    expect(await worker.process.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await start();
    const [line] = await waitUntil(async () => nonEmpty(await calls.runs('drained')), { what: 'run' });
    expectOnTime(momentsIn([line as string])[0] as Moment, eta, 'an eta over a drain');
  });
});

describeReal('delays without queues for them', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(
      renderTasks({ broker: SMALL_BROKER, delayedDelivery: false, workers: { general: { queues: ['small'], concurrency: 4 } } }),
    );
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  it('are waited for in the worker, which still drains', async () => {
    const start = () => system.startWorker('general', { ...calls.environment, [ENVIRONMENT.concurrency]: '4' }, PROGRAMS.test);
    const worker = await start();
    const far = await client.send(moment, [], { eta: new Date(Date.now() + 30 * DAY_MS), ignoreResult: true });
    const eta = new Date(Date.now() + 4000);
    const job = await client.send(moment, [], { eta });
    await waitForDepth(system.broker, 'small', { total: 2, ready: 0, unacknowledged: 2 });
    // The far one waits, and holds up nobody.
    await (await client.send(moment, [])).result();
    expect(await worker.process.stop('SIGTERM', 5000)).toEqual({ code: 0, signal: null });
    await waitForDepth(system.broker, 'small', { total: 2, ready: 2, unacknowledged: 0 });
    await start();
    const { wall } = await job.result();
    expect(wall).toBeGreaterThanOrEqual(eta.getTime());
    expect(wall - eta.getTime()).toBeLessThan(MOST_LATE_MS);
    expect(await calls.runs(far.id)).toEqual([]);
  });
});

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
