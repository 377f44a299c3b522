import type { Client } from '../../workers/client/client';
import { ENVIRONMENT } from '../../workers/environment';
import { take } from '../support/amqp';
import { Calls } from '../support/calls';
import { renderTasks } from '../support/manifests';
import { remote } from '../support/moment';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(90_000);

const sleep = remote<[seconds: number], number>('test.sleep');
const DRAINED = { code: 0, signal: null };

describeReal('workers that end by themselves', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers: { general: { queues: ['small', 'large'] } } }));
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const spawn = (overrides: Readonly<Record<string, string>>) =>
    system.spawnWorker('general', { ...calls.environment, ...overrides }, PROGRAMS.test);
  const ready = (count: number) => waitForDepth(system.broker, 'small', { total: count, ready: count, unacknowledged: 0 });
  const purge = () => system.broker.api('DELETE', '/api/queues/tasks/small/contents');

  it.each([
    [1, 1],
    [3, 1],
    [3, 2],
  ])('after %d tasks, %d at once, and nothing else is taken', async (most, concurrency) => {
    const jobs = await Promise.all(Array.from({ length: most + 3 }, () => client.send(sleep, [0.1])));
    const before = (await calls.ledger()).length;
    const worker = spawn({ [ENVIRONMENT.maxTasks]: String(most), [ENVIRONMENT.concurrency]: String(concurrency) });
    expect(await worker.process.exit).toEqual(DRAINED);
    const finished = (await calls.ledger()).slice(before).filter((line) => line.endsWith('finished'));
    expect(finished).toHaveLength(most);
    expect(worker.logged('the worker ends by itself')).toMatchObject([{ reason: 'tasks-spent' }]);
    await ready(jobs.length - most);
    await purge();
  });

  it('leaves the others in the queue while its last task runs', async () => {
    const worker = spawn({ [ENVIRONMENT.maxTasks]: '2', [ENVIRONMENT.concurrency]: '2' });
    await worker.ready();
    await (await client.send(sleep, [0])).result();
    const last = await client.send(sleep, [4]);
    await waitUntil(async () => (await calls.runs(last.id)).length === 1, { what: 'last task' });
    // One more fits in by concurrency.
    const other = await client.send(sleep, [0.1]);
    await waitForDepth(system.broker, 'small', { total: 2, ready: 1, unacknowledged: 1 });
    expect(await last.result()).toBe(4);
    expect(await worker.process.exit).toEqual(DRAINED);
    const left = await take(system.broker, 'small');
    expect(left.properties.headers).toMatchObject({ id: other.id });
    // Nobody took it and gave it back.
    expect(left.fields.redelivered).toBe(false);
  });

  it('when no task came for so long, and not while one runs', async () => {
    const worker = spawn({ [ENVIRONMENT.idleSeconds]: '2' });
    await worker.ready();
    const job = await client.send(sleep, [5]);
    // Longer than the time it may be idle.
    expect(await job.result()).toBe(5);
    const ended = Date.now();
    expect(await worker.process.exit).toEqual(DRAINED);
    expect(Date.now() - ended).toBeGreaterThan(1000);
    expect(worker.logged('the worker ends by itself')).toMatchObject([{ reason: 'idle' }]);
  });

  it('not while the broker is away', async () => {
    const worker = spawn({ [ENVIRONMENT.idleSeconds]: '3' });
    await worker.ready();
    const stopped = Date.now();
    await system.broker.kill();
    await system.broker.start();
    await worker.ready();
    // It was away for longer than a worker may be idle.
    expect(Date.now() - stopped).toBeGreaterThan(3000);
    expect(worker.process.running).toBe(true);
    expect(await worker.process.exit).toEqual(DRAINED);
  });
});
