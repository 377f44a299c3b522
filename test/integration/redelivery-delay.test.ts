import { RabbitmqCluster } from '../../constructs';
import { take } from '../support/amqp';
import { Calls } from '../support/calls';
import { renderTasks } from '../support/manifests';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeReal('a queue with a redelivery delay', () => {
  let system: TaskSystem;
  let calls: Calls;

  beforeAll(async () => {
    system = await TaskSystem.start(
      renderTasks({
        broker: RabbitmqCluster.of({ nodes: 1, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' }),
        delayedDelivery: false,
        queues: { small: { deliveryLimit: 2, redeliveryDelay: { minSeconds: 1, maxSeconds: 3 } } },
      }),
    );
    calls = await Calls.on(system.broker);
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 240_000);

  it('rests after each failed delivery, and ends in the dead letters all the same', async () => {
    const worker = await system.startWorker('general', calls.environment, PROGRAMS.test);
    const started = Date.now();
    const id = await calls.send('small', 'test.reject', [true]);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id, 'x-first-death-reason': 'delivery_limit' });
    expect((await calls.ledger()).filter((line) => line.startsWith(id))).toHaveLength(3);
    // One second after the first failure, more after the second.
    expect(Date.now() - started).toBeGreaterThanOrEqual(2000);
    await worker.end();
  });

  it('does not hold up what a draining worker hands back', async () => {
    const impatient = { ...calls.environment, WARREN_DRAIN_SECONDS: '0' };
    const worker = await system.startWorker('general', impatient, PROGRAMS.test);
    const id = await calls.send('small', 'test.sleep', [60]);
    await waitUntil(async () => (await calls.ledger()).includes(`${id} started`), { what: 'running task' });
    const next = await system.startWorker('general', impatient, PROGRAMS.test);
    expect(await worker.process.stop('SIGTERM', 20_000)).toEqual({ code: 3, signal: null });
    await waitUntil(async () => (await calls.ledger()).filter((line) => line === `${id} started`).length === 2, {
      what: 'second run',
      timeoutMs: 20_000,
    });
    // Handed back, it has not failed: only failed deliveries count.
    expect(await system.broker.queueDepth('small')).toMatchObject({ total: 1, ready: 0 });
    await next.end();
  });
});
