import { RabbitmqCluster } from '../../constructs';
import { add } from '../../workers/tasks';
import { renderTasks } from '../support/manifests';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';

jest.setTimeout(240_000);

/** Celery 5.6 declares transient queues that others may use, which RabbitMQ 4.3 refuses unless it is told otherwise. */
describeReal('Celery 5.6.3', () => {
  const systemWith = (permitTransientQueues: boolean) =>
    TaskSystem.start(
      renderTasks({
        queues: { small: {} },
        broker: RabbitmqCluster.of({ nodes: 1, permitTransientQueues, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' }),
      }),
    );
  let system: TaskSystem;
  afterEach(() => system?.stop(), 240_000);

  it('is client and worker on a broker rendered with permitTransientQueues', async () => {
    system = await systemWith(true);
    const peer = new PythonPeer('celery-5.6.3', system.broker);
    const ours = await system.startWorker('general');
    expect(await peer.call({ task: 'tasks.add', args: [2, 3] })).toEqual([{ value: 5 }]);
    await ours.end();
    const theirs = await peer.startWorker('general', 'small');
    expect(await (await system.client().send(add, [2, 3])).result({ timeoutSeconds: 15 })).toBe(5);
    await theirs.stop();
  });

  it('is refused by the broker as it is rendered by default, which is what the option is for', async () => {
    system = await systemWith(false);
    const peer = new PythonPeer('celery-5.6.3', system.broker);
    const [answer] = await peer.call({ task: 'tasks.add', args: [2, 3] });
    expect(answer).toMatchObject({ text: expect.stringContaining('transient_nonexcl_queues') });
    // With exclusive control and event queues a 5.6 worker serves our clients on it all the same.
    const worker = await peer.startWorker('general', 'small', 'control_queue_exclusive', 'event_queue_exclusive');
    expect(await (await system.client().send(add, [2, 3])).result({ timeoutSeconds: 15 })).toBe(5);
    await worker.stop();
  });
});
