import { randomUUID } from 'node:crypto';
import { Task } from '../../workers/task';
import { publish } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

const echo = new Task<[string], string>('test.echo', {}, (value) => value);

describeReal('a task that runs longer than the consumer timeout', () => {
  let system: TaskSystem;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  it('costs the worker neither its other tasks nor its place', async () => {
    await system.broker.api('PUT', `/api/policies/${system.broker.virtualHost}/impatient`, {
      pattern: '^large$',
      'apply-to': 'queues',
      priority: 100,
      definition: { 'consumer-timeout': 5000 },
    });
    const worker = await system.startWorker('heavy', { WARREN_CONCURRENCY: '2' }, PROGRAMS.test);
    const id = randomUUID();
    await publish(system.broker, 'large', '[[20],{},{}]', { contentType: 'application/json', headers: { task: 'test.sleep', id } });
    await worker.process.waitForOutput(/the broker ended the consumer/, 100_000);
    await worker.process.waitForOutput(/consuming again/, 30_000);
    // The message came back to this worker, which still runs its task.
    await worker.process.waitForOutput(/redelivered to the worker that had it/, 30_000);
    expect(await (await system.client().send(echo, ['still here'], { queue: 'large' })).result()).toBe('still here');
    const ends = () => worker.logged('task ended').filter((line) => line['id'] === id);
    await waitUntil(() => ends().length > 0, { what: 'end of the long task', timeoutMs: 60_000 });
    await waitForDepth(system.broker, 'large', { total: 0, ready: 0, unacknowledged: 0 });
    expect(ends()).toHaveLength(1);
  });
});
