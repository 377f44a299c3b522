import type { Options } from 'amqplib';
import { add } from '../../workers/tasks';
import { publish, take, withChannel } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const JSON_BODY: Options.Publish = { contentType: 'application/json', contentEncoding: 'utf-8' };
const task = { task: 'tasks.add', id: 'bad' };

describeReal('a worker that receives a bad message', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    worker = await system.startWorker('general');
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  it.each<[string, string, Options.Publish, string]>([
    ['no body', '', { ...JSON_BODY, headers: task }, 'decode-error'],
    ['broken JSON', '[[1,', { ...JSON_BODY, headers: task }, 'decode-error'],
    ['a body of one', '[[1]]', { ...JSON_BODY, headers: task }, 'invalid-body'],
    ['no headers', '[[1,2],{},{}]', JSON_BODY, 'unknown-format'],
    ['no id', '[[1,2],{},{}]', { ...JSON_BODY, headers: { task: 'tasks.add' } }, 'missing-id'],
    ['no content type', '[[1,2],{},{}]', { headers: task }, 'content-disallowed'],
    [
      'pickle',
      '\x80\x02.',
      { contentType: 'application/x-python-serialize', contentEncoding: 'binary', headers: task },
      'content-disallowed',
    ],
    ['an unknown task', '[[1,2],{},{}]', { ...JSON_BODY, headers: { task: 'constructor', id: 'bad' } }, 'unregistered'],
    ['a canvas', '[[1,2],{},{"chain":[{"task":"x"}]}]', { ...JSON_BODY, headers: task }, 'unsupported'],
    ['an eta that is no time', '[[1,2],{},{}]', { ...JSON_BODY, headers: { ...task, eta: 'soon' } }, 'invalid-header'],
  ])('dead-letters %s with a reason and goes on', async (_, body, options, reason) => {
    await publish(system.broker, 'small', body, options);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.content.toString()).toBe(body);
    expect(dead.properties.headers).toMatchObject({ ...options.headers, 'x-reject-reason': reason, 'x-reject-queue': 'small' });
    expect(dead.properties.contentType).toBe(options.contentType);
    expect(await (await system.client().send(add, [2, 3])).result({ timeoutSeconds: 5 })).toBe(5);
    expect(await worker.probe('/readyz')).toBe(200);
  });

  it('tells the caller of an unknown task', async () => {
    const reply = await withChannel(system.broker, 'admin', async (channel) => {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await publish(system.broker, 'small', '[[],{},{}]', { ...JSON_BODY, headers: { task: 'no.such.task', id: 'x' }, replyTo: queue });
      return waitUntil(async () => (await channel.get(queue, { noAck: true })) || undefined, { what: 'result' });
    });
    expect(JSON.parse(reply.content.toString())).toMatchObject({
      task_id: 'x',
      status: 'FAILURE',
      result: { exc_type: 'NotRegistered', exc_message: ['no.such.task'], exc_module: 'celery.exceptions' },
    });
    await take(system.broker, 'small.dlq');
  });

  it('leaves the message with the broker when no dead-letter queue takes it', async () => {
    await withChannel(system.broker, 'admin', async (channel) => {
      await channel.unbindQueue('small.dlq', 'tasks.dlx', 'small.dlq');
      await publish(system.broker, 'small', 'nonsense', { ...JSON_BODY, headers: task });
      await waitUntil(() => worker.logged('no copy with a reason').length === 1, { what: 'log line' });
      // Dead-lettering is at least once: the broker keeps it and tries again, every three minutes.
      await waitForDepth(system.broker, 'small', { total: 1, ready: 0, unacknowledged: 0 });
      await channel.bindQueue('small.dlq', 'tasks.dlx', 'small.dlq');
    });
  });
});
