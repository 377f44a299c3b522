import type { Client } from '../../workers/client/client';
import { TaskFailed } from '../../workers/client/job';
import { add, count } from '../../workers/tasks';
import { OpenFlower } from '../support/open-flower';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const NODE = 'general@pod-1';

/** Logged in as the broker's users of the manifest, so their permissions are tested, too. */
describeReal('Flower 2.2.0', () => {
  let system: TaskSystem;
  let client: Client;
  let worker: WorkerProcess;
  let flower: OpenFlower;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    client = system.client();
    worker = await system.startWorker('general', { WARREN_NODE_NAME: NODE, WARREN_CONCURRENCY: '1' });
    flower = await OpenFlower.start(system.broker);
  }, 240_000);
  afterAll(async () => {
    await flower?.stop();
    await system?.stop();
  }, 240_000);

  it('shows our worker online', async () => {
    const { [NODE]: info } = await waitUntil(
      async () => {
        const workers = await flower.json('/api/workers?refresh=1');
        return workers[NODE]?.stats && workers[NODE].active_queues ? workers : undefined;
      },
      { timeoutMs: 30_000, what: 'inspected worker' },
    );
    expect(info).toMatchObject({
      stats: { pid: worker.process.pid, prefetch_count: 1 },
      registered: ['tasks.add', 'tasks.count', 'tasks.lcs'],
    });
    expect(await flower.json('/api/workers?status=1')).toEqual({ [NODE]: true });
    const { [NODE]: one } = await flower.json(`/api/workers?refresh=1&workername=${encodeURIComponent(NODE)}`);
    expect(one).toMatchObject({ active: [], reserved: [], scheduled: [], revoked: [], conf: { worker_concurrency: 1 } });
  });

  it('shows what its tasks do, once it has asked for their events', async () => {
    const tasks = () => flower.json('/api/tasks') as Promise<Record<string, Record<string, unknown>>>;
    await waitUntil(
      async () => {
        await (await client.send(add, [2, 3])).result();
        return Object.values(await tasks()).some(({ state }) => state === 'SUCCESS');
      },
      { timeoutMs: 30_000, intervalMs: 500, what: 'task in Flower' },
    );
    const good = await client.send(add, [20, 3]);
    const bad = await client.send(add, [1] as unknown as [number, number]);
    expect(await good.result()).toBe(23);
    await expect(bad.result()).rejects.toThrow(TaskFailed);
    const seen = await waitUntil(
      async () => {
        const all = await tasks();
        return all[bad.id]?.['state'] === 'FAILURE' && all[good.id]?.['state'] === 'SUCCESS' ? all : undefined;
      },
      { what: 'both tasks' },
    );
    expect(seen[good.id]).toMatchObject({
      name: 'tasks.add',
      worker: NODE,
      args: '(20, 3)',
      result: '23',
      received: expect.any(Number),
      started: expect.any(Number),
      runtime: expect.any(Number),
    });
    expect(seen[bad.id]).toMatchObject({
      exception: expect.stringMatching(/^TypeError\(/),
      traceback: expect.stringContaining('TypeError'),
    });
    const { text: metrics } = await flower.get('/metrics');
    expect(metrics).toContain(`flower_worker_online{worker="${NODE}"} 1.0`);
    expect(metrics).toMatch(new RegExp(`flower_events_total\\{task="tasks.add",type="task-succeeded",worker="${NODE}"\\} \\d`));
  });

  it.each(['/workers', `/worker/${NODE}`, '/tasks', '/broker', '/api/queues/length', '/api/task/types'])('serves %s', async (path) => {
    const { status, text } = await flower.get(path);
    expect({ status, error: /Traceback|KeyError/.exec(text) }).toEqual({ status: 200, error: null });
    if (path === '/workers' || path.startsWith('/worker/')) expect(text).toContain(NODE);
  });

  it('revokes a task, and shows what cannot be done', async () => {
    const blocker = await client.send(count, [30, 0.1]);
    const job = await client.send(add, [1, 1]);
    await waitUntil(async () => (await system.broker.queueDepth('small')).unacknowledged === 1, { what: 'running task' });
    expect((await flower.post(`/api/task/revoke/${job.id}`)).status).toBe(200);
    await expect(job.result({ timeoutSeconds: 15 })).rejects.toMatchObject({ type: 'TaskRevokedError' });
    expect(await blocker.result()).toBe(30);
    const refused = await flower.post(`/api/worker/pool/autoscale/${NODE}?min=1&max=2`);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('Autoscale not enabled') });
  });

  it('shuts the worker down, and then shows it offline', async () => {
    expect((await flower.post(`/api/worker/shutdown/${NODE}`)).status).toBe(200);
    expect(await worker.process.exit).toEqual({ code: 0, signal: null });
    await waitUntil(async () => (await flower.json('/api/workers?status=1'))[NODE] === false, { what: 'offline worker' });
    expect(flower.output).not.toMatch(/Traceback|ACCESS_REFUSED|KeyError/);
  });
});
