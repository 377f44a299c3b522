import { TaskFailed } from '../../workers/client/job';
import { Task } from '../../workers/task';
import { add } from '../../workers/tasks';
import { describeRedis } from '../support/describe-redis';
import { mainProgramObjects } from '../support/main-program';
import { PythonPeer } from '../support/python-peer';
import { RedisServer } from '../support/redis-server';
import { TaskSystem } from '../support/task-system';

jest.setTimeout(240_000);

describeRedis('Celery 5.7.0 with the Redis result backend', () => {
  let system: TaskSystem;
  let redis: RedisServer;
  let peer: PythonPeer;

  beforeAll(async () => {
    [redis, system] = await Promise.all([
      RedisServer.start(),
      mainProgramObjects('development').then(async (all) => TaskSystem.start(all)),
    ]);
    peer = new PythonPeer('celery-5.7.0', system.broker, { RESULT_BACKEND: redis.urlWithPassword });
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await redis?.remove();
  }, 240_000);

  it('as the client: gets values and errors of our worker, and asks for results by id', async () => {
    const worker = await system.startWorker('general', redis.environment());
    try {
      const { id } = await system.client({ redis: redis.options }).send(add, [20, 22]);
      const answers = await peer.call(
        { task: 'tasks.add', args: [2, 3] },
        { task: 'tasks.add', args: [1] },
        { task: 'tasks.boom', args: ['x'] },
        { id },
      );
      expect(answers).toEqual([
        { value: 5 },
        { error: 'TypeError', text: expect.stringContaining("missing 1 required argument: 'y'") },
        { error: 'NotRegistered', text: expect.stringContaining('tasks.boom') },
        { value: 42, state: 'SUCCESS', done: expect.stringMatching(/^\d{4}-.*\+00:00$/) },
      ]);
    } finally {
      await worker.end();
    }
  });

  it('as the worker: its results reach our client, also by id', async () => {
    const worker = await peer.startWorker('general', 'small');
    try {
      const client = system.client({ redis: redis.options });
      const job = await client.send(add, [2, 3]);
      expect(await job.result({ timeoutSeconds: 30 })).toBe(5);
      expect(await system.client({ redis: redis.options }).result(job.id).state()).toBe('SUCCESS');
      const boom = new Task<[string], never>('tasks.boom', {}, () => {
        throw new Error('runs in Python');
      });
      const failure = await (await client.send(boom, ['no good'])).result({ timeoutSeconds: 30 }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TaskFailed);
      expect(failure).toMatchObject({ type: 'ValueError', message: 'ValueError: no good' });
      expect((failure as TaskFailed).remoteTraceback).toContain('Traceback');
    } finally {
      await worker.stop();
    }
  });
});
