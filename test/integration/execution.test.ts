import { Calls } from '../support/calls';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const PLACES = ['loop', 'thread', 'process'] as const;
const TIME_LIMIT_EXCEEDED = { status: 'FAILURE', result: { exc_type: 'TimeLimitExceeded', exc_module: 'billiard.exceptions' } };

describeReal('tasks on the event loop, in threads and in child processes', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let calls: Calls;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    calls = await Calls.on(system.broker);
    worker = await startWorker({ WARREN_THREAD_HEAP_MIB: '64' });
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 240_000);

  const startWorker = (overrides: Readonly<Record<string, string>> = {}) =>
    system.startWorker('general', { ...calls.environment, ...overrides }, PROGRAMS.test);
  const states = (task: string, args: readonly unknown[] = [], headers: object = {}) => calls.states('small', task, args, headers);
  const outcome = (task: string, args: readonly unknown[] = [], headers: object = {}) => calls.outcome('small', task, args, headers);
  const empty = () => waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });

  it('run where their option says', async () => {
    const [loop, thread, child] = await Promise.all(PLACES.map(async (place) => (await outcome(`test.where-in-${place}`)).result));
    const { pid } = worker.process;
    expect(loop).toEqual({ pid, thread: 0 });
    expect(thread).toEqual({ pid, thread: expect.any(Number) });
    expect(thread).not.toEqual(loop);
    expect(child).toEqual({ pid: expect.any(Number), thread: 0 });
    expect(child).not.toEqual(loop);
  });

  describe.each(PLACES)('in a %s', (place) => {
    it('give the same values back', async () => {
      expect(await outcome(`test.values-in-${place}`)).toMatchObject({
        status: 'SUCCESS',
        result: { date: { __type__: 'datetime', __value__: '1970-01-01T00:00:00.000000+00:00' }, money: '0.05' },
      });
      expect(await outcome(`test.bigint-in-${place}`)).toMatchObject({ status: 'SUCCESS', result: 1 });
      expect(await outcome(`test.map-in-${place}`)).toMatchObject({
        status: 'FAILURE',
        result: { exc_type: 'EncodeError', exc_message: [expect.stringContaining("the task's value is not JSON")] },
      });
    });

    it('tell an error by its class, with its cause', async () => {
      const { status, result, traceback } = await outcome(`test.cause-in-${place}`);
      expect({ status, result }).toEqual({
        status: 'FAILURE',
        result: { exc_type: 'OrderError', exc_message: ['order 7 failed'], exc_module: 'js' },
      });
      expect(traceback).toMatch(/order 7 failed\n {4}at [^]*\nCaused by: TypeError: no such item\n {4}at /);
    });

    it('tell their start and their progress, in order, before the outcome', async () => {
      const told = await states(`test.progress-in-${place}`, [3]);
      expect(told.map(({ status }) => status)).toEqual(['STARTED', 'PROGRESS', 'PROGRESS', 'PROGRESS', 'SUCCESS']);
      expect(told.slice(1, 4).map(({ result }) => result)).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
    });

    it('log with their name and id', async () => {
      const id = await calls.send('small', `test.log-in-${place}`);
      const line = await waitUntil(() => worker.logged('said by the task').find((each) => each['id'] === id), { what: 'log line' });
      expect(line).toMatchObject({ task: `test.log-in-${place}`, level: 40 });
      expect(JSON.stringify(line)).toContain('red');
    });

    it('outlive a promise that nobody handles, and it is logged', async () => {
      const before = worker.logged('unhandled rejection').length;
      expect(await outcome(`test.forget-in-${place}`)).toMatchObject({ status: 'SUCCESS', result: 'done' });
      await waitUntil(() => worker.logged('unhandled rejection').length === before + 1, { what: 'log line' });
      expect(worker.logged('unhandled rejection').at(-1)).toMatchObject({ error: 'forgotten promise' });
      expect(worker.process.running).toBe(true);
    });

    it('are told their soft limit, and may tidy up', async () => {
      const limit = { timelimit: [null, 0.2] };
      const told = { status: 'FAILURE', result: { exc_type: 'SoftTimeLimitExceeded' } };
      expect(await outcome(`test.sleep-in-${place}`, [30], limit)).toMatchObject(told);
      expect(await outcome(`test.beat-in-${place}`, [30], limit)).toMatchObject(told);
      expect(await outcome(`test.tidy-in-${place}`, [30], limit)).toMatchObject({ status: 'SUCCESS', result: 'SoftTimeLimitExceeded' });
    });
  });

  describe.each(['thread', 'process'])('in a %s', (place) => {
    it('are killed at their hard limit, while probes are answered and others run', async () => {
      const ended = outcome(`test.spin-in-${place}`, [60], { timelimit: [3, null] });
      let probes = 0;
      const done = ended.then(() => true);
      for (let over = false; !over; probes++) {
        expect(await worker.probe('/livez')).toBe(200);
        over = await Promise.race([done, outcome('test.echo', [1]).then(() => false)]);
      }
      expect(await ended).toMatchObject({ ...TIME_LIMIT_EXCEEDED, result: { exc_message: [3] } });
      expect(probes).toBeGreaterThan(1);
      // Another one takes its place.
      expect(await outcome(`test.where-in-${place}`)).toMatchObject({ status: 'SUCCESS' });
      await empty();
    });

    it.each([
      ['exits', 'exit', /Worker exited prematurely: .*9/],
      ['has an error that reaches nobody', 'throw-later', /Worker exited prematurely/],
    ])('take nothing with them when their code %s', async (_, name, detail) => {
      expect(await outcome(`test.${name}-in-${place}`)).toMatchObject({
        status: 'FAILURE',
        result: { exc_type: 'WorkerLostError', exc_message: [expect.stringMatching(detail)] },
      });
      expect(worker.process.running).toBe(true);
      expect(await outcome(`test.where-in-${place}`)).toMatchObject({ status: 'SUCCESS' });
    });
  });

  it('lose their thread, and not the worker, when they need more heap than it has', async () => {
    expect(await outcome('test.hog')).toMatchObject({
      status: 'FAILURE',
      result: { exc_type: 'WorkerLostError', exc_message: [expect.stringContaining('memory limit')] },
    });
    expect(worker.process.running).toBe(true);
    expect(await outcome('test.where-in-thread')).toMatchObject({ status: 'SUCCESS' });
  });

  it('run in as many threads and children as the concurrency says, and start-up counts towards no limit', async () => {
    await worker.end();
    worker = await startWorker({ WARREN_CONCURRENCY: '4', TEST_LOAD_SECONDS: '1.5' });
    const places = ['thread', 'process', 'thread', 'process'];
    // New threads and children load the tasks first, which takes longer than these limits.
    const limit = { timelimit: [1.4, 1.2] };
    expect(await Promise.all(places.map((place) => outcome(`test.where-in-${place}`, [], limit)))).toMatchObject(
      places.map(() => ({ status: 'SUCCESS' })),
    );
    const ids = await Promise.all(places.map((place) => calls.send('small', `test.spin-in-${place}`, [4])));
    const running = async () => (await Promise.all(ids.map((id) => calls.runs(id)))).every((runs) => runs.length === 1);
    await waitUntil(running, { what: 'all four at once' });
    expect(worker.logged('task ended').filter(({ task }) => String(task).startsWith('test.spin'))).toHaveLength(0);
    await empty();
  });
});
