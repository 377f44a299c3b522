import type { Client } from '../../workers/client/client';
import { ENVIRONMENT } from '../../workers/environment';
import { Calls } from '../support/calls';
import { renderTasks } from '../support/manifests';
import { type Moment, remote } from '../support/moment';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { cast } from '../support/remote-control';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(90_000);

const moment = remote('test.moment');
const fourASecond = remote('test.four-a-second');
const sixAMinute = remote('test.six-a-minute');
const sleep = remote<[seconds: number], number>('test.sleep');
/** Between the worker's decision to start a task and the first line of its function. */
const JITTER_MS = 100;

describeReal('rate limits', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const workers = { general: { queues: ['small', 'large'], concurrency: 8 } };
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers }));
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterEach(() => worker?.end(), 60_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const start = async (overrides: Readonly<Record<string, string>> = {}): Promise<void> => {
    worker = await system.startWorker('general', { ...calls.environment, ...overrides }, PROGRAMS.test);
  };
  /** Milliseconds between one start and the next. */
  const gaps = (moments: readonly Moment[]): number[] => {
    const times = moments.map(({ steady }) => steady);
    times.sort((one, other) => one - other);
    return times.slice(1).map((time, index) => time - (times[index] as number));
  };

  it('spaces the starts of a task, and holds up no other', async () => {
    await start();
    const limited = await Promise.all(Array.from({ length: 12 }, () => client.send(fourASecond, [])));
    const free = await client.send(moment, []);
    const { steady: freeAt } = await free.result();
    const moments = await Promise.all(limited.map((job) => job.result({ timeoutSeconds: 80 })));
    const between = gaps(moments);
    note(`12 tasks at 4/s: ${Math.min(...between).toFixed()} to ${Math.max(...between).toFixed()} ms between two starts`);
    for (const gap of between) expect(gap).toBeGreaterThanOrEqual(250 - JITTER_MS);
    // Whatever the jitter, they cannot have been faster as a whole.
    expect(between.reduce((sum, gap) => sum + gap)).toBeGreaterThanOrEqual(11 * 250 - JITTER_MS);
    expect(freeAt).toBeLessThan(Math.max(...moments.map(({ steady }) => steady)));
  });

  it('spaces those that get their slots at the same time', async () => {
    await start({ [ENVIRONMENT.concurrency]: '2' });
    const blocking = [await client.send(sleep, [3]), await client.send(sleep, [3])];
    for (const { id } of blocking) await waitUntil(async () => (await calls.runs(id)).length > 0, { what: 'running task' });
    // They come from another queue, have their tokens before a slot is free, and would start together.
    const limited = await Promise.all([1, 2].map(() => client.send(fourASecond, [], { queue: 'large' })));
    const [gap] = gaps(await Promise.all(limited.map((job) => job.result())));
    expect(gap).toBeGreaterThanOrEqual(250 - JITTER_MS);
  });

  it('tasks of a low rate wait in the broker', async () => {
    await start();
    const jobs = [await client.send(sixAMinute, []), await client.send(sixAMinute, [])];
    await waitUntil(async () => (await calls.ledger()).some((line) => jobs.some(({ id }) => line.startsWith(id))), { what: 'first run' });
    await waitForDepth(system.broker, 'celery_delayed_3', { total: 1, ready: 1, unacknowledged: 0 });
    await waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
    await (await client.send(moment, [])).result();
    const [gap] = gaps(await Promise.all(jobs.map((job) => job.result())));
    note(`2 tasks at 6/m: ${gap?.toFixed()} ms between their starts`);
    expect(gap).toBeGreaterThanOrEqual(10_000 - JITTER_MS);
    expect(gap).toBeLessThan(20_000);
  });

  it('are changed by remote control while the worker runs', async () => {
    await start();
    const two = async (): Promise<boolean> => {
      await cast(system.broker, 'rate_limit', { task_name: sixAMinute.name, rate_limit: '0' });
      const jobs = [await client.send(sixAMinute, []), await client.send(sixAMinute, [])];
      const [gap = Number.POSITIVE_INFINITY] = gaps(await Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 5 }))));
      return gap < 5000;
    };
    await waitUntil(two, { what: 'two starts without a limit', timeoutMs: 30_000 });
  });
});
