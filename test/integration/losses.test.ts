import { take } from '../support/amqp';
import { Calls } from '../support/calls';
import { mainProgramObjects } from '../support/main-program';
import { runs } from '../support/process-table';
import { describeReal } from '../support/real';
import { cast } from '../support/remote-control';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

describeReal('what becomes of tasks whose place dies, is replaced, or has to die', () => {
  let system: TaskSystem;
  let calls: Calls;
  let worker: WorkerProcess;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    calls = await Calls.on(system.broker);
  }, 240_000);
  afterEach(() => worker?.end(), 240_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 240_000);

  const start = async (overrides: Readonly<Record<string, string>> = {}, group = 'general') => {
    worker = await system.startWorker(group, { ...calls.environment, ...overrides }, PROGRAMS.test);
  };
  const outcome = (task: string, args: readonly unknown[] = [], headers: object = {}) => calls.outcome('small', task, args, headers);
  const empty = (queue = 'small') => waitForDepth(system.broker, queue, { total: 0, ready: 0, unacknowledged: 0 });
  const running = (id: string) => waitUntil(async () => (await calls.runs(id)).length > 0, { what: `run of ${id}` });
  const ended = (id: string) =>
    waitUntil(() => worker.logged('task ended').find((line) => line['id'] === id), { what: `end of ${id}; ${worker.process.output}` });

  describe('a child that is killed under its task', () => {
    const LOST = { exc_type: 'WorkerLostError', exc_message: ['Worker exited prematurely: signal 9 (SIGKILL)'] };

    it('is tried again until the delivery limit, then dead-lettered, and nobody is told', async () => {
      await start({}, 'heavy');
      const id = await calls.send('large', 'test.killed-redeliver');
      const dead = await take(system.broker, 'large.dlq');
      // The queue's limit is 3 failed deliveries: the first one and 3 more.
      expect(await calls.runs(id)).toHaveLength(4);
      expect(dead.properties.headers).toMatchObject({ id, 'x-first-death-reason': 'delivery_limit', 'x-delivery-count': 4 });
      expect(worker.logged('task ended')).toMatchObject([1, 2, 3, 4].map(() => ({ end: 'lost', error: LOST.exc_message[0] })));
      await empty('large');
    });

    it('is retried as its policy says, then failed', async () => {
      await start();
      const states = await calls.states('small', 'test.killed-retry');
      expect(states).toMatchObject([
        { status: 'RETRY', result: LOST },
        { status: 'RETRY', result: LOST },
        { status: 'FAILURE', result: LOST },
      ]);
      expect(worker.logged('task ended').map(({ retries }) => retries)).toEqual([0, 1, 2]);
      await empty();
    });

    it.each(['fail', 'early'])('fails at once (%s)', async (name) => {
      await start();
      expect(await outcome(`test.killed-${name}`)).toMatchObject({ status: 'FAILURE', result: LOST });
      await waitUntil(() => worker.logged('task ended').length === 1, { what: 'end' });
      await empty();
    });
  });

  /** Starts a child, which serves the next call, too. */
  const child = async () => ((await outcome('test.where-in-process')).result as { pid: number }).pid;

  it.each(['thread', 'process'])('a %s that cannot load the tasks is lost with its call, and the worker goes on', async (place) => {
    await start({ TEST_LOADS_ONLY_ON_LOOP: '1' });
    for (const _ of ['first', 'second']) {
      expect(await outcome(`test.exit-in-${place}`)).toMatchObject({ status: 'FAILURE', result: { exc_type: 'WorkerLostError' } });
    }
    expect(await outcome('test.echo', [1])).toMatchObject({ result: 1 });
    expect(worker.process.output).toContain('not made for threads and children');
    await empty();
  });

  it('children end with a worker that is killed, and ignore signals that are for it', async () => {
    await start();
    const pid = await child();
    const id = await calls.send('small', 'test.sleep-in-process', [5]);
    await running(id);
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGINT');
    expect(await outcome('test.echo', [1])).toMatchObject({ result: 1 });
    expect(await child()).not.toBe(pid);
    expect(await runs(pid)).toBe(true);
    worker.process.signal('SIGKILL');
    await waitUntil(async () => !(await runs(pid)), { what: 'end of the child' });
    await start();
    await waitUntil(async () => (await calls.runs(id)).length === 2, { what: 'second run' });
    await ended(id);
  });

  it('a worker that drains lets threads and children finish, and leaves none', async () => {
    await start();
    const pid = await child();
    const ids = await Promise.all(['thread', 'process'].map((place) => calls.send('small', `test.spin-in-${place}`, [2])));
    await Promise.all(ids.map(running));
    expect(await worker.process.stop('SIGTERM', 30_000)).toEqual({ code: 0, signal: null });
    expect(worker.logged('task ended').slice(1)).toMatchObject([{ status: 'SUCCESS' }, { status: 'SUCCESS' }]);
    await waitUntil(async () => !(await runs(pid)), { what: 'end of the child' });
    await empty();
  });

  describe.each(['thread', 'process'])('a %s', (place) => {
    const whereabouts = async (task: string, args: readonly unknown[] = []) => (await outcome(task, args)).result;

    it('is replaced after so many tasks', async () => {
      await start({ WARREN_MAX_TASKS_PER_CHILD: '2', WARREN_CONCURRENCY: '1' });
      const places = [];
      for (let call = 0; call < 5; call++) places.push(await whereabouts(`test.where-in-${place}`));
      expect(places[1]).toEqual(places[0]);
      expect(places[3]).toEqual(places[2]);
      expect(new Set(places.map((each) => JSON.stringify(each))).size).toBe(3);
    });

    it('is replaced after a task that left too much memory behind, and not before', async () => {
      // What Node itself holds is far below: about 60 MiB in a child, 10 in a thread.
      // The heap that is rendered for a pod is smaller than the leak.
      await start({ WARREN_MAX_MEMORY_PER_CHILD_MIB: '200', WARREN_CONCURRENCY: '1', NODE_OPTIONS: '' });
      const first = await whereabouts(`test.where-in-${place}`);
      expect(await whereabouts(`test.where-in-${place}`)).toEqual(first);
      expect(await whereabouts(`test.leak-in-${place}`, [250])).toEqual(first);
      expect(await whereabouts(`test.where-in-${place}`)).not.toEqual(first);
    });

    it('is killed when its task is terminated: told as revoked, acked', async () => {
      await start();
      const { id, outcome } = await terminate(`test.spin-in-${place}`, [60]);
      expect(await outcome).toMatchObject({ status: 'REVOKED', result: { exc_type: 'TaskRevokedError', exc_message: ['terminated'] } });
      expect(await ended(id)).toMatchObject({ end: 'terminated' });
      await empty();
    });
  });

  describe('a task on the event loop', () => {
    it('ends by its signal when it is terminated', async () => {
      await start();
      const { id, outcome } = await terminate('test.sleep', [60]);
      expect(await outcome).toMatchObject({ status: 'REVOKED', result: { exc_message: ['terminated'] } });
      expect(await ended(id)).toMatchObject({ end: 'terminated' });
      await empty();
    });

    it('that heeds no signal counts as terminated, and keeps its slot', async () => {
      await start({ WARREN_CONCURRENCY: '1' });
      const { outcome } = await terminate('test.stubborn', [6]);
      expect(await outcome).toMatchObject({ status: 'REVOKED', result: { exc_message: ['terminated'] } });
      const next = await calls.send('small', 'test.sleep', [0]);
      await running(next);
      const order = (await calls.ledger()).map((line) => line.split(' ')[1]);
      expect(order.slice(order.lastIndexOf('stubborn')).slice(0, 3)).toEqual(['stubborn', 'over', 'started']);
    });

    it('that runs over its hard limit fails; the worker drains without it, runs nothing in its slot, and ends with 4', async () => {
      // Were the drain to wait for it, it would wait these 600 s.
      await start({ WARREN_CONCURRENCY: '2', WARREN_DRAIN_SECONDS: '600' });
      const other = await calls.send('small', 'test.sleep', [5]);
      await running(other);
      const states = calls.states('small', 'test.endless', [], { timelimit: [1, null] });
      await waitUntil(async () => (await calls.ledger()).at(-1)?.endsWith('endless'), { what: 'run of test.endless' });
      const waiting = await calls.send('small', 'test.sleep', [0]);
      expect((await states).at(-1)).toMatchObject({ status: 'FAILURE', result: { exc_type: 'TimeLimitExceeded', exc_message: [1] } });
      await worker.process.waitForOutput(/"draining"/);
      expect(await worker.probe('/livez')).toBe(200);
      expect(await worker.process.exit).toEqual({ code: 4, signal: null });
      expect(worker.logged('task ended').map(({ id, end }) => [id, end])).toContainEqual([other, 'success']);
      expect(await calls.runs(waiting)).toEqual([]);
      expect(worker.logged('worker stopped')).toMatchObject([{ handedBack: 0 }]);
      await start();
      await ended(waiting);
      await empty();
    });

    it('that throws where nobody catches it: the worker drains and ends with 5', async () => {
      await start({ WARREN_DRAIN_SECONDS: '5' });
      const other = await calls.send('small', 'test.sleep', [2]);
      await running(other);
      const id = await calls.send('small', 'test.throw-later-once');
      await worker.process.waitForOutput(/"uncaught exception"/);
      expect(worker.logged('uncaught exception')).toMatchObject([{ level: 60, error: 'thrown in a timer' }]);
      expect(await worker.process.exit).toEqual({ code: 5, signal: null });
      expect(worker.logged('task ended').map((line) => line['id'])).toContain(other);
      await start();
      expect(await ended(id)).toMatchObject({ status: 'SUCCESS', redelivered: true });
      await empty();
    });

    it('that ends the process is delivered again', async () => {
      await start();
      const id = await calls.send('small', 'test.exit-once');
      expect(await worker.process.exit).toEqual({ code: 9, signal: null });
      await start();
      expect(await ended(id)).toMatchObject({ status: 'SUCCESS', redelivered: true });
      expect(await calls.runs(id)).toHaveLength(2);
      await empty();
    });
  });

  /** Starts a task and revokes it. */
  async function terminate(task: string, args: readonly unknown[]) {
    const before = (await calls.ledger()).length;
    const outcome = calls.outcome('small', task, args);
    const line = await waitUntil(async () => (await calls.ledger())[before], { what: `run of ${task}` });
    const id = line.split(' ')[0] as string;
    const revoked = async () => {
      await cast(system.broker, 'revoke', { task_id: id, terminate: true, signal: 'SIGTERM' });
      return worker.logged('task ended').some((end) => end['id'] === id);
    };
    await waitUntil(revoked, { what: `end of ${task}`, intervalMs: 500 });
    return { id, outcome };
  }
});
