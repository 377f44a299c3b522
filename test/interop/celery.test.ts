import { TaskFailed } from '../../workers/client/job';
import { Task } from '../../workers/task';
import { add } from '../../workers/tasks';
import { take } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

describeReal('Celery 5.7.0 on the broker of the development manifest', () => {
  let system: TaskSystem;
  let peer: PythonPeer;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    peer = new PythonPeer('celery-5.7.0', system.broker);
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  describe('as the client of our worker', () => {
    let worker: WorkerProcess;
    beforeAll(async () => {
      worker = await system.startWorker('general');
    });
    afterAll(() => worker?.end());

    it('gets values and errors back', async () => {
      const answers = await peer.call(
        { task: 'tasks.add', args: [2, 3] },
        { task: 'tasks.add', kwargs: { x: 20, y: 3 } },
        { task: 'tasks.add', args: [1], kwargs: { y: 3 } },
        { task: 'tasks.lcs', args: ['xabcx', 'yabcy'] },
        { task: 'tasks.add', args: [1] },
        { task: 'tasks.boom', args: ['x'] },
        { task: 'tasks.add', args: [1, 1], options: { expires: -5 } },
        { task: 'tasks.add', args: [1, 2], options: { countdown: 1 } },
      );
      expect(answers).toEqual([
        { value: 5 },
        { value: 23 },
        { value: 4 },
        { value: 'abc' },
        { error: 'TypeError', text: expect.stringContaining("missing 1 required argument: 'y'") },
        { error: 'NotRegistered', text: expect.stringContaining('tasks.boom') },
        expect.objectContaining({ error: expect.stringMatching(/TaskRevokedError|TimeoutError/) }),
        { value: 3 },
      ]);
    });

    it('finds the message that no worker knows in the dead-letter queue, with a reason', async () => {
      const dead = await take(system.broker, 'small.dlq');
      expect(dead.properties.headers).toMatchObject({ task: 'tasks.boom', lang: 'py', 'x-reject-reason': 'unregistered' });
    });
  });

  describe('as the worker of our client', () => {
    it('runs our tasks and answers', async () => {
      const worker = await peer.startWorker('general', 'small');
      try {
        const client = system.client();
        expect(await (await client.send(add, [2, 3])).result({ timeoutSeconds: 15 })).toBe(5);
        const boom = new Task<[string], never>('tasks.boom', {}, () => {
          throw new Error('runs in Python');
        });
        const failure = await (await client.send(boom, ['no good'])).result({ timeoutSeconds: 15 }).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(TaskFailed);
        expect(failure).toMatchObject({ type: 'ValueError', message: 'ValueError: no good' });
        expect((failure as TaskFailed).remoteTraceback).toContain('Traceback');
      } finally {
        await worker.stop();
      }
    });
  });
});
