import { RabbitmqCluster } from '../../constructs';
import { count } from '../../workers/tasks';
import { mainProgramObjects } from '../support/main-program';
import { renderTasks } from '../support/manifests';
import { type ControlCall, PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const NODE = 'general@first';
const QUICK = ['--timeout', '3'];

describeReal.each(['celery-5.7.0', 'celery-5.6.3'] as const)('remote control of our worker by %s', (version) => {
  let system: TaskSystem;
  let peer: PythonPeer;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const transient = RabbitmqCluster.of({
      nodes: 1,
      permitTransientQueues: true,
      resources: { cpu: '100m', memory: '512Mi' },
      storage: '2Gi',
    });
    const objects =
      version === 'celery-5.7.0' ? await mainProgramObjects('development') : renderTasks({ queues: { small: {} }, broker: transient });
    system = await TaskSystem.start(objects);
    peer = new PythonPeer(version, system.broker);
    worker = await system.startWorker('general', { WARREN_NODE_NAME: NODE, WARREN_CONCURRENCY: '2' });
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  /** The replies of our worker. */
  const ask = async (...calls: readonly ControlCall[]): Promise<unknown[]> =>
    (await peer.control(...calls)).map((replies) => replies?.[0]?.[NODE]);

  /** A task of our own that runs. */
  const running = async (steps: number) => {
    const job = await system.client().send(count, [steps, 0.2]);
    await waitUntil(async () => (await system.broker.queueDepth('small')).unacknowledged === 1, { what: 'running task' });
    return job;
  };

  it('works from the command line', async () => {
    expect(await peer.celery('status', ...QUICK)).toMatch(/general@first: .*OK[^]*1 node online/);
    expect(await peer.celery('inspect', 'ping', ...QUICK, '--destination', NODE)).toMatch(/general@first: OK\s+pong/);
    await expect(peer.celery('inspect', 'ping', '--destination', 'other@host')).rejects.toThrow('No nodes replied');
    expect(await peer.celery('inspect', 'active_queues', ...QUICK)).toMatch(/general@first: OK[^]*small/);
    expect(await peer.celery('control', 'rate_limit', ...QUICK, 'tasks.nope', '1/m')).toMatch(/general@first: ERROR\s+unknown task/);
  });

  it('finds it by pattern', async () => {
    const matched = { limit: 1, timeout: 15 };
    const replies = await peer.control(
      { method: 'ping', options: { ...matched, pattern: 'gen*', matcher: 'glob' } },
      { method: 'ping', options: { ...matched, pattern: '^general@f', matcher: 'pcre' } },
      { method: 'ping', options: { timeout: 1, pattern: 'heavy*', matcher: 'glob' } },
      { method: 'ping', options: { timeout: 1, pattern: '(', matcher: 'pcre' } },
      { method: 'ping' },
    );
    const pong = [{ [NODE]: { ok: 'pong' } }];
    expect(replies).toEqual([pong, pong, [], [], pong]);
  });

  it('shows what runs, is registered and consumed, and its settings', async () => {
    const job = await running(40);
    const [active, query, stats, registered, queues, conf, report, reserved, scheduled, revoked, clock, memsample] = await ask(
      { method: 'active', arguments: { safe: null } },
      { method: 'query_task', arguments: { ids: [job.id, 'nobody'] } },
      ...['stats', 'registered', 'active_queues', 'conf', 'report', 'reserved', 'scheduled', 'revoked', 'clock', 'memsample'].map(
        (method) => ({ method }),
      ),
    );
    const info = {
      id: job.id,
      name: 'tasks.count',
      type: 'tasks.count',
      args: [40, 0.2],
      kwargs: {},
      hostname: NODE,
      acknowledged: false,
      delivery_info: { exchange: 'tasks', routing_key: 'small', priority: 0, redelivered: false },
      time_start: expect.any(Number),
      worker_pid: worker.process.pid,
    };
    expect(active).toEqual([info]);
    expect(query).toEqual({ [job.id]: ['active', info] });
    expect(stats).toMatchObject({
      total: { 'tasks.count': 1 },
      pid: worker.process.pid,
      prefetch_count: 2,
      pool: { 'max-concurrency': 2 },
    });
    expect(registered).toEqual(['tasks.add', 'tasks.count', 'tasks.lcs']);
    expect(queues).toEqual([expect.objectContaining({ name: 'small', routing_key: 'small' })]);
    expect(conf).toMatchObject({ worker_concurrency: 2, task_default_queue: 'small' });
    expect(report).toEqual({ ok: expect.stringContaining('software -> warren:') });
    expect([reserved, scheduled, revoked]).toEqual([[], [], []]);
    expect(clock).toEqual({ clock: expect.any(Number) });
    expect(memsample).toMatch(/MB$/);
    expect(await job.result()).toBe(40);
  });

  it('answers control commands', async () => {
    expect(
      await ask(
        { method: 'enable_events' },
        { method: 'enable_events' },
        { method: 'disable_events' },
        { method: 'heartbeat' },
        { method: 'autoscale', arguments: { max: 3, min: 1 } },
        { method: 'nosuch' },
      ),
    ).toEqual([
      { ok: 'task events enabled' },
      { ok: 'task events already enabled' },
      { ok: 'task events disabled' },
      null,
      { error: "ValueError('Autoscale not enabled')" },
      { error: "KeyError('nosuch')" },
    ]);
  });

  it('does not start a revoked task', async () => {
    const replies = await ask({ method: 'revoke', arguments: { task_id: 'r-1' } }, { method: 'revoked' });
    expect(replies).toEqual([{ ok: "tasks {'r-1'} flagged as revoked" }, ['r-1']]);
    const stamps = { headers: { monitor: ['m-1'] }, terminate: false, signal: 'SIGTERM' };
    expect(await ask({ method: 'revoke_by_stamped_headers', arguments: stamps })).toEqual([
      { ok: "headers {'monitor': ['m-1']} flagged as revoked, but not terminated" },
    ]);
    const answers = await peer.call(
      { task: 'tasks.count', args: [1], options: { task_id: 'r-1' } },
      { task: 'tasks.count', args: [1], options: { task_id: 'r-2', stamped_headers: ['monitor'], monitor: 'm-1' } },
      { task: 'tasks.count', args: [1], options: { task_id: 'r-3', stamped_headers: ['monitor'], monitor: 'm-2' } },
    );
    expect(answers).toEqual([{ error: 'TaskRevokedError', text: 'revoked' }, { error: 'TaskRevokedError', text: 'revoked' }, { value: 1 }]);
  });

  it('tells a Python worker that starts what was revoked', async () => {
    const theirs = await peer.startWorker('general', 'small');
    const both = { limit: 2, timeout: 15 };
    const [revoked = []] = await peer.control({ method: 'revoked', options: both });
    expect(revoked).toHaveLength(2);
    expect(revoked.flatMap((reply) => Object.values(reply))).toEqual([['r-1'], ['r-1']]);
    await theirs.stop();
  });

  it('answers while it drains, and ends when it is told to', async () => {
    const job = await running(100);
    await peer.control({ method: 'shutdown', options: { reply: false } });
    await worker.process.waitForOutput(/"draining"/);
    const [ping, active] = await ask({ method: 'ping' }, { method: 'active' });
    expect(ping).toEqual({ ok: 'pong' });
    expect(active).toEqual([expect.objectContaining({ id: job.id })]);
    expect(await job.result({ timeoutSeconds: 30 })).toBe(100);
    expect(await worker.process.exit).toEqual({ code: 0, signal: null });
  });
});
