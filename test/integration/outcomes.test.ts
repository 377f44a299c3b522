import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Options } from 'amqplib';
import { publish, take, withChannel } from '../support/amqp';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

/** A result message, in Celery's words. */
interface State {
  readonly status: string;
  readonly result: unknown;
}

describeReal('how a delivery ends: the matrix of acknowledgements on a real broker', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warren-ledger-'));
    system = await TaskSystem.start(await mainProgramObjects('development'));
    worker = await system.startWorker('general', { TEST_LEDGER: ledger() }, PROGRAMS.test);
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await rm(folder, { recursive: true });
  }, 240_000);

  const ledger = (): string => join(folder, 'ledger');
  /** Lines the runs of a task wrote. */
  const runs = async (id: string): Promise<string[]> =>
    (await readFile(ledger(), 'utf8').catch(() => '')).split('\n').filter((line) => line.startsWith(`${id} `));
  const empty = (): Promise<unknown> => waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });

  /** Sends a call as any Celery client would and collects the states its caller is told, up to the last one. */
  const call = async (task: string, args: readonly unknown[] = [], headers: object = {}): Promise<{ id: string; states: State[] }> => {
    const id = randomUUID();
    const states = await withChannel(system.broker, 'admin', async (channel) => {
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await send(id, task, args, { headers, replyTo: queue });
      const told: State[] = [];
      const ended = () => worker.logged('task ended').some((line) => line['id'] === id && line['end'] !== 'retry');
      await waitUntil(
        async () => {
          // Asked before the queue is read: a log line that is there comes after the last state.
          const over = ended();
          for (let got = await channel.get(queue, { noAck: true }); got; got = await channel.get(queue, { noAck: true })) {
            told.push(JSON.parse(got.content.toString()) as State);
          }
          return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(told.at(-1)?.status ?? '') || over;
        },
        { what: `end of ${task}; the worker's output: ${worker.process.output}` },
      );
      return told;
    });
    return { id, states };
  };
  const send = (id: string, task: string, args: readonly unknown[], options: Options.Publish = {}): Promise<void> =>
    publish(system.broker, 'small', JSON.stringify([args, {}, {}]), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      ...options,
      headers: { task, id, ...(options.headers as object) },
    });

  it('success: told, acked', async () => {
    expect((await call('test.echo', [{ a: [1] }])).states).toMatchObject([{ status: 'SUCCESS', result: { a: [1] } }]);
    await empty();
  });

  it('failure: told, acked', async () => {
    const { states, id } = await call('test.fail');
    expect(states).toMatchObject([{ status: 'FAILURE', result: { exc_type: 'TypeError', exc_message: ['no good'] } }]);
    expect(await runs(id)).toHaveLength(1);
    await empty();
  });

  it('failure that is not done: told, dead-lettered with the reason', async () => {
    const { states, id } = await call('test.fail-to-dead-letter');
    expect(states).toMatchObject([{ status: 'FAILURE' }]);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id, 'x-reject-reason': 'task-failed', 'x-reject-detail': 'TypeError: no good' });
  });

  it('Ignore: nothing told, acked', async () => {
    expect((await call('test.ignore')).states).toEqual([]);
    await empty();
  });

  it('Reject: told as Celery 5.7 does, dead-lettered', async () => {
    const { states, id } = await call('test.reject', [false]);
    expect(states).toMatchObject([
      { status: 'FAILURE', result: { exc_type: 'Reject', exc_message: ['not mine', false], exc_module: 'celery.exceptions' } },
    ]);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id, 'x-reject-reason': 'rejected', 'x-reject-detail': 'not mine' });
  });

  it('Reject after an early ack: told, nothing left to reject', async () => {
    expect((await call('test.reject-early', [false])).states).toMatchObject([{ status: 'FAILURE', result: { exc_type: 'Reject' } }]);
    await empty();
    // What the test before took from it may still be in the broker's figures.
    await waitForDepth(system.broker, 'small.dlq', { total: 0, ready: 0, unacknowledged: 0 });
  });

  it('Reject with requeue: tried until the delivery limit, then dead-lettered by the broker', async () => {
    const id = randomUUID();
    await send(id, 'test.reject', [true]);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id, 'x-first-death-reason': 'delivery_limit' });
    // The default limit is 20 failed deliveries: the first one and 20 more.
    expect(await runs(id)).toHaveLength(21);
    await empty();
  });

  it('Retry: told each time, run again with the same id, back to the same queue', async () => {
    const { states, id } = await call('test.retry-until', [3, 0]);
    expect(states.map(({ status }) => status)).toEqual(['RETRY', 'RETRY', 'SUCCESS']);
    expect(states[0]).toMatchObject({ result: { exc_type: 'TemporaryError', exc_message: ['try 0'] } });
    expect(states[2]).toMatchObject({ result: 2 });
    expect(await runs(id)).toHaveLength(3);
    await empty();
  });

  it('Retry with a delay waits in the broker, never less than asked for', async () => {
    const started = Date.now();
    const { states } = await call('test.retry-until', [2, 1.5]);
    expect(states.map(({ status }) => status)).toEqual(['RETRY', 'SUCCESS']);
    expect(Date.now() - started).toBeGreaterThanOrEqual(1500);
    await empty();
  });

  it('Retry without a try left: MaxRetriesExceededError', async () => {
    const { states, id } = await call('test.retry-for-ever');
    expect(states.map(({ status }) => status)).toEqual(['RETRY', 'RETRY', 'FAILURE']);
    expect(states[2]).toMatchObject({ result: { exc_type: 'MaxRetriesExceededError', exc_module: 'celery.exceptions' } });
    expect(await runs(id)).toHaveLength(3);
  });

  it('autoretry: retries the listed errors, and fails with the last one', async () => {
    const { states, id } = await call('test.autoretry', [false]);
    expect(states.map(({ status }) => status)).toEqual(['RETRY', 'RETRY', 'FAILURE']);
    expect(states[2]).toMatchObject({ result: { exc_type: 'TemporaryError' } });
    expect(await runs(id)).toHaveLength(3);
  });

  it('autoretry: never retries an excepted error', async () => {
    const { states, id } = await call('test.autoretry', [true]);
    expect(states).toMatchObject([{ status: 'FAILURE', result: { exc_type: 'PermanentError' } }]);
    expect(await runs(id)).toHaveLength(1);
  });

  it('expired: told, acked, not run', async () => {
    const { states } = await call('test.fail', [], { expires: '2020-01-01T00:00:00+00:00' });
    expect(states).toMatchObject([{ status: 'REVOKED', result: { exc_type: 'TaskRevokedError', exc_message: ['expired'] } }]);
    await empty();
  });

  it('early: acked when the task starts', async () => {
    const id = randomUUID();
    await send(id, 'test.early', [3]);
    await waitUntil(async () => (await runs(id)).length > 0, { what: 'running task' });
    await empty();
    expect(worker.logged('task ended').some((line) => line['id'] === id)).toBe(false);
    await waitUntil(() => worker.logged('task ended').some((line) => line['id'] === id), { what: 'end' });
  });

  it('STARTED and progress are told before the outcome', async () => {
    const { states } = await call('test.progress', [2]);
    expect(states.map(({ status }) => status)).toEqual(['STARTED', 'PROGRESS', 'PROGRESS', 'SUCCESS']);
    expect(states[0]?.result).toEqual({ pid: expect.any(Number), hostname: 'general@test-0' });
    expect(states.slice(1, 3).map(({ result }) => result)).toEqual([
      { step: 1, of: 2 },
      { step: 2, of: 2 },
    ]);
  });

  it('the soft limit of the caller aborts the signal of the task', async () => {
    const { states } = await call('test.sleep', [30], { timelimit: [null, 0.2] });
    expect(states).toMatchObject([{ status: 'FAILURE', result: { exc_type: 'SoftTimeLimitExceeded', exc_module: 'billiard.exceptions' } }]);
  });

  it('the hard limit ends a thread that computes for ever', async () => {
    const { states } = await call('test.spin-thread', [60], { timelimit: [1, null] });
    expect(states).toMatchObject([{ status: 'FAILURE', result: { exc_type: 'TimeLimitExceeded', exc_message: [1] } }]);
    expect((await call('test.echo', [1])).states).toMatchObject([{ status: 'SUCCESS' }]);
  });

  it('a task can log with its name and id', async () => {
    const { id } = await call('test.log');
    expect(worker.logged('said by the task')).toMatchObject([{ task: 'test.log', id, colour: 'red' }]);
  });

  it('a task learns about its call', async () => {
    const { states, id } = await call('test.context', [], { retries: 2, root_id: 'root', parent_id: 'parent' });
    expect(states[0]?.result).toMatchObject({ id, task: 'test.context', queue: 'small', retries: 2, redelivered: false, rootId: 'root' });
  });
});
