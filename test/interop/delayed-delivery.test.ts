import { delayedRoutingKey, HIGHEST_LEVEL, withoutDelay } from '../../workers/celery/delayed-delivery';
import { take, withChannel } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';

jest.setTimeout(240_000);

describeReal("Celery's native delayed delivery on the rendered topology", () => {
  let system: TaskSystem;
  let peer: PythonPeer;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    peer = new PythonPeer('celery-5.7.0', system.broker, { NATIVE_DELAY: '1' });
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  it('lets a task with a countdown wait in the broker and not in a worker', async () => {
    const worker = await system.startWorker('general');
    const asked = Date.now();
    const answer = peer.call({ task: 'tasks.add', args: [2, 3], options: { countdown: 5 } });
    await waitForDepth(system.broker, 'celery_delayed_2', { total: 1, ready: 1, unacknowledged: 0 });
    // The ack follows the copy.
    await waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
    expect(await answer).toEqual([{ value: 5 }]);
    expect(Date.now() - asked).toBeGreaterThanOrEqual(5000);
    await worker.end();
  });

  it('takes a countdown that comes straight to the queue back to the broker', async () => {
    const worker = await system.startWorker('general');
    const asked = Date.now();
    // An application that does not know its queue as a quorum queue leaves the waiting to the worker.
    const answer = new PythonPeer('celery-5.7.0', system.broker).call({ task: 'tasks.add', args: [3, 3], options: { countdown: 5 } });
    await waitForDepth(system.broker, 'celery_delayed_2', { total: 1, ready: 1, unacknowledged: 0 });
    expect(await system.broker.queueDepth('small')).toEqual({ total: 0, ready: 0, unacknowledged: 0 });
    expect(await answer).toEqual([{ value: 6 }]);
    expect(Date.now() - asked).toBeGreaterThanOrEqual(5000);
    await worker.end();
  });

  it('lets a Celery worker declare the same objects', async () => {
    const worker = await peer.startWorker('general', 'small');
    expect(await peer.call({ task: 'tasks.add', args: [2, 4], options: { countdown: 2 } })).toEqual([{ value: 6 }]);
    expect(worker.output).not.toMatch(/PRECONDITION_FAILED|ACCESS_REFUSED/);
    await worker.stop();
  });

  it.each([
    [0.5, 0],
    [1.9, 1000],
  ])('lets a message with our routing key for %d s wait for %d ms', async (seconds, waitMs) => {
    const routingKey = delayedRoutingKey(seconds, 'small');
    const sent = Date.now();
    await withChannel(system.broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      channel.publish(`celery_delayed_${HIGHEST_LEVEL}`, routingKey, Buffer.from(routingKey), { mandatory: true });
      await channel.waitForConfirms();
    });
    const { content, fields, properties } = await take(system.broker, 'small');
    expect(content.toString()).toBe(routingKey);
    expect(withoutDelay(fields.routingKey)).toBe('small');
    expect(Date.now() - sent).toBeGreaterThanOrEqual(waitMs);
    // What passed all levels was in no queue on its way.
    expect('x-death' in (properties.headers ?? {})).toBe(waitMs > 0);
  });
});
