import { randomUUID } from 'node:crypto';
import { publish, take, withChannel } from '../support/amqp';
import { Calls } from '../support/calls';
import { valueOf } from '../support/exposition';
import { mainProgramObjects } from '../support/main-program';
import { describeReal } from '../support/real';
import { cast } from '../support/remote-control';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

const JSON_BODY = { contentType: 'application/json', contentEncoding: 'utf-8' };
/** Names that would break the format, look like labels, or fill the memory. */
const HOSTILE = ['a"} 1\nwarren_concurrency 9', '\\', '__proto__', 'constructor', 'x'.repeat(10_000), 'tasks.add\u0000', 'é{}="'];

describeReal('the metrics of a worker', () => {
  let system: TaskSystem;
  let calls: Calls;
  const started: WorkerProcess[] = [];

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    calls = await Calls.on(system.broker);
  }, 240_000);
  afterEach(() => Promise.all(started.splice(0).map((worker) => worker.end())), 240_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 240_000);

  /** One whose counters begin at zero. */
  const startWorker = async (): Promise<WorkerProcess> => {
    const worker = system.spawnWorker('general', calls.environment, PROGRAMS.test);
    started.push(worker);
    await worker.ready();
    return worker;
  };
  const empty = () => waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
  const emptyDeadLetters = () => withChannel(system.broker, 'admin', (channel) => channel.purgeQueue('small.dlq'));
  /** Waits until all these values are shown: lines as in the text, with the queue left out. */
  const shown = async (worker: WorkerProcess, expected: Readonly<Record<string, number>>): Promise<void> => {
    let last: unknown;
    const matches = async (): Promise<boolean> => {
      const families = await worker.metrics();
      last = Object.fromEntries(Object.keys(expected).map((line) => [line, valueOf(families, ...split(line))]));
      return JSON.stringify(last) === JSON.stringify(expected);
    };
    await waitUntil(matches, { what: 'expected metrics', timeoutMs: 30_000 }).catch((error: unknown) => {
      expect(last).toEqual(expected);
      throw error;
    });
  };

  it('count every try of a task by how it ended', async () => {
    // A worker that starts knows it before it takes its first task.
    const first = await startWorker();
    const revoked = await revoke();
    await first.end();
    const worker = await startWorker();
    for (let time = 0; time < 3; time++) await calls.outcome('small', 'test.echo', [time]);
    await calls.outcome('small', 'test.fail');
    await calls.outcome('small', 'test.retry-until', [3, 0]);
    await calls.send('small', 'test.ignore');
    await calls.outcome('small', 'test.reject', [false]);
    await calls.outcome('small', 'test.sleep', [1], { expires: '2020-01-01T00:00:00+00:00' });
    await calls.outcome('small', 'test.context', [], { id: revoked });
    await empty();
    await shown(worker, {
      'warren_tasks_started_total{task="test.echo"}': 3,
      'warren_tasks_ended_total{task="test.echo",outcome="success"}': 3,
      'warren_task_duration_seconds_count{task="test.echo"}': 3,
      'warren_tasks_ended_total{task="test.fail",outcome="failure"}': 1,
      'warren_tasks_ended_total{task="test.fail",outcome="success"}': 0,
      'warren_tasks_started_total{task="test.retry-until"}': 3,
      'warren_tasks_ended_total{task="test.retry-until",outcome="retry"}': 2,
      'warren_tasks_ended_total{task="test.retry-until",outcome="success"}': 1,
      'warren_tasks_ended_total{task="test.ignore",outcome="ignored"}': 1,
      'warren_tasks_ended_total{task="test.reject",outcome="rejected"}': 1,
      'warren_messages_dead_lettered_total{reason="rejected"}': 1,
      'warren_tasks_started_total{task="test.sleep"}': 0,
      'warren_tasks_ended_total{task="test.sleep",outcome="expired"}': 1,
      'warren_tasks_started_total{task="test.context"}': 0,
      'warren_tasks_ended_total{task="test.context",outcome="revoked"}': 1,
      // Each try of the one that was retried is a message.
      'warren_messages_received_total{redelivered="false"}': 11,
      warren_tasks_running: 0,
      warren_concurrency: 16,
      warren_consuming: 1,
      warren_draining: 0,
    });
    await emptyDeadLetters();
  });

  it('count redeliveries', async () => {
    const worker = await startWorker();
    const id = await calls.send('small', 'test.reject', [true]);
    const dead = await take(system.broker, 'small.dlq');
    expect(dead.properties.headers).toMatchObject({ id });
    const runs = (await calls.runs(id)).length;
    expect(runs).toBeGreaterThan(2);
    await shown(worker, {
      'warren_tasks_ended_total{task="test.reject",outcome="redelivered"}': runs,
      'warren_messages_received_total{redelivered="false"}': 1,
      'warren_messages_received_total{redelivered="true"}': runs - 1,
    });
  });

  it('have no labels of what anybody may send, and stay valid whatever comes', async () => {
    const worker = await startWorker();
    await calls.outcome('small', 'test.echo', [1]);
    await publish(system.broker, 'small', '[[1,', { ...JSON_BODY, headers: { task: 'test.echo', id: 'bad' } });
    await publish(system.broker, 'small', '[[],{},{}]', { ...JSON_BODY, headers: { task: 'no.such.task', id: 'bad' } });
    await shown(worker, { 'warren_messages_dead_lettered_total{reason="unregistered"}': 1 });
    const before = await series(worker);
    const names = [...HOSTILE, ...Array.from({ length: 1000 }, () => `unknown.${randomUUID()}`)];
    await withChannel(system.broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const body = Buffer.from('[[],{},{}]');
      for (const task of names) channel.publish('tasks', 'small', body, { ...JSON_BODY, headers: { task, id: randomUUID() } });
      await channel.waitForConfirms();
    });
    await shown(worker, {
      'warren_messages_dead_lettered_total{reason="unregistered"}': 1 + names.length,
      'warren_messages_dead_lettered_total{reason="decode-error"}': 1,
      warren_concurrency: 16,
    });
    expect(await series(worker)).toEqual(before);
    expect(before.filter((each) => each.includes('no.such.task'))).toEqual([]);
    await emptyDeadLetters();
  });

  it('are answered while tasks compute in threads and child processes, and count them', async () => {
    const worker = await startWorker();
    const places = ['loop', 'thread', 'process'];
    for (const place of places) await calls.outcome('small', `test.where-in-${place}`);
    const seconds = 5;
    const ended = Promise.all(places.slice(1).map((place) => calls.outcome('small', `test.spin-in-${place}`, [seconds])));
    await shown(worker, { warren_tasks_running: 2 });
    let over = false;
    void ended.then(() => (over = true));
    const scrapes: number[] = [];
    const scrape = async (): Promise<boolean> => {
      const asked = performance.now();
      scrapes.push(
        await worker.metrics().then(
          () => performance.now() - asked,
          () => Infinity,
        ),
      );
      return over;
    };
    await waitUntil(scrape, { what: 'end of both tasks' });
    expect(scrapes.length).toBeGreaterThan(5);
    expect(Math.max(...scrapes)).toBeLessThan(seconds * 500);
    expect((await ended).map(({ result }) => result)).toEqual([seconds, seconds]);
    const counts = (task: string) => ({
      [`warren_tasks_started_total{task="${task}"}`]: 1,
      [`warren_tasks_ended_total{task="${task}",outcome="success"}`]: 1,
      [`warren_task_duration_seconds_count{task="${task}"}`]: 1,
    });
    for (const place of places) await shown(worker, counts(`test.where-in-${place}`));
    for (const place of places.slice(1)) {
      const task = `test.spin-in-${place}`;
      await shown(worker, { ...counts(task), [`warren_task_duration_seconds_bucket{task="${task}",le="3"}`]: 0, warren_tasks_running: 0 });
      // The task counts in whole milliseconds, by another clock.
      const counted = valueOf(await worker.metrics(), 'warren_task_duration_seconds_sum', { task, queue: 'small' });
      expect(counted).toBeGreaterThan(seconds - 0.05);
    }
  });

  it('tell lost connections', async () => {
    const worker = await startWorker();
    const links = (reconnects: number) => ({
      'warren_link_up{link="consumer"}': 1,
      'warren_link_up{link="publisher"}': 1,
      'warren_link_blocked{link="publisher"}': 0,
      'warren_link_reconnects_total{link="consumer"}': reconnects,
      'warren_link_reconnects_total{link="publisher"}': reconnects,
    });
    await shown(worker, links(0));
    await system.broker.ctl('close_all_connections', '--global', 'test');
    await shown(worker, links(1));
  });

  it('tell a drain', async () => {
    const worker = await startWorker();
    await calls.send('small', 'test.stubborn', [5]);
    await shown(worker, { warren_tasks_running: 1 });
    worker.process.signal('SIGTERM');
    await shown(worker, { warren_tasks_running: 1, warren_draining: 1, warren_consuming: 0 });
    expect(await worker.process.exit).toEqual({ code: 0, signal: null });
  });

  /** Lines that are shown, without their values. */
  async function series(worker: WorkerProcess): Promise<string[]> {
    const families = [...(await worker.metrics())].filter(([name]) => name.startsWith('warren_'));
    return families.flatMap(([, { samples }]) => samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`));
  }

  /** An id whose task must not run. */
  async function revoke(): Promise<string> {
    const id = randomUUID();
    await cast(system.broker, 'revoke', { task_id: id });
    return id;
  }
});

/** `name{a="b"}` as name and labels; what counts messages or tasks does so for the queue "small". */
function split(line: string): [name: string, labels: Record<string, string>] {
  const [, name = '', labels] = /^(\w+)(?:\{(.*)\})?$/.exec(line) ?? [];
  if (labels === undefined) return [name, {}];
  const given = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  return [name, { ...given, ...(!name.startsWith('warren_link_') && { queue: 'small' }) }];
}
