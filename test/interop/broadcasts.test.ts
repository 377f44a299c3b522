import { renderTasks } from '../support/manifests';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(60_000);

describeReal("Celery's Broadcast", () => {
  let system: TaskSystem;

  beforeAll(async () => {
    const workers = { general: { queues: ['small'], broadcasts: ['news'] } };
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, broadcasts: ['news'], workers }));
  }, 90_000);
  afterAll(() => system?.stop(), 60_000);

  it('from a Python client runs once in every worker of ours that listens', async () => {
    const workers = [await system.startWorker('general'), await system.startWorker('general')];
    const peer = new PythonPeer('celery-5.7.0', system.broker, { BROADCAST: 'news' });
    expect(await peer.call({ task: 'tasks.add', args: [1, 2], options: { queue: 'news' } })).toEqual([{ value: 3 }]);
    for (const worker of workers) {
      await waitUntil(() => worker.logged('task ended').length === 1, { what: `end of the task; ${worker.process.output}` });
    }
  });
});
