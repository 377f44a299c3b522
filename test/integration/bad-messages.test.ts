import { DEAD_LETTER_REASONS } from '../../workers/celery/rejected';
import { Task } from '../../workers/task';
import type { Client } from '../../workers/client/client';
import { BAD_MESSAGES, type BadMessage } from '../support/bad-messages';
import { Bench } from '../support/bad-messages/bench';
import { renderTasks } from '../support/manifests';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(60_000);

const echo = new Task<[number], number>('test.echo', {}, (value) => value);
/** Reasons that no message alone can lead to. */
const NOT_BY_A_MESSAGE = ['internal-error', 'not-repeated'];
const EMPTY = { total: 0, ready: 0, unacknowledged: 0 };

describeReal('a worker that receives a bad message', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let client: Client;
  let bench: Bench;
  let tasks = 0;

  beforeAll(async () => {
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers: { general: { queues: ['small'], concurrency: 4 } } }));
    worker = await system.startWorker('general', {}, PROGRAMS.test);
    client = system.client();
    bench = await Bench.on(system.broker);
  }, 240_000);
  afterAll(async () => {
    await bench?.close();
    await system?.stop();
  }, 60_000);

  /** The next good task, by a client of its own. */
  beforeEach(() =>
    require('node:fs').appendFileSync('/tmp/trace.log', `${new Date().toISOString()} ${expect.getState().currentTestName}\n`),
  );
  const worksOn = async (): Promise<void> => {
    tasks += 1;
    expect(await (await client.send(echo, [tasks])).result({ timeoutSeconds: 20 })).toBe(tasks);
    expect(worker.process.running).toBe(true);
  };
  const ended = (id: string) => worker.logged('task ended').find((line) => line['id'] === id);

  const named = (rows: readonly BadMessage[]) => rows.map((row): [string, BadMessage] => [`${row.row} ${JSON.stringify(row.what)}`, row]);
  const dead = named(BAD_MESSAGES.filter(({ end }) => 'dead' in end));
  const ran = named(BAD_MESSAGES.filter(({ end }) => 'ran' in end));

  it.each(dead)('dead-letters %s with a reason and goes on', async (_, row) => {
    const { reason } = { reason: (row.end as { dead: string | undefined }).dead };
    await bench.send(row);
    const letter = await bench.deadLetter();
    const headers = letter.properties.headers ?? {};
    expect([headers['x-reject-reason'], headers['x-reject-detail']]).toEqual([reason, reason && expect.stringMatching(/^[ -~]{1,1000}$/)]);
    if (reason) expect(headers['x-reject-queue']).toBe('small');
    else expect(headers['x-first-death-reason']).toBe('rejected');
    if (typeof row.body !== 'string' || !row.body.includes('#')) expect(letter.content.equals(Buffer.from(row.body))).toBe(true);
    await worksOn();
    expect(await bench.anyDeadLetter()).toBe(false);
  });

  it.each(ran)('runs %s and goes on', async (_, row) => {
    const end = row.end as { ran: string; result?: unknown };
    const id = await bench.send(row);
    const line = await waitUntil(() => ended(id), {
      what: `end of the task; log: ${worker.process.output.slice(-2000)}`,
      intervalMs: 5,
      timeoutMs: 8_000,
    });
    expect(line['status']).toBe(end.ran);
    if (end.result !== undefined) expect(await bench.outcome(id)).toMatchObject({ status: 'SUCCESS', result: end.result });
    await worksOn();
    expect(await bench.anyDeadLetter()).toBe(false);
  });

  it.each(named(BAD_MESSAGES.filter(({ end }) => 'revoked' in end)))('drops %s, tells its caller, and goes on', async (_, row) => {
    const { queue } = await bench.admin.assertQueue('', { exclusive: true });
    await bench.admin.bindQueue(queue, 'celeryev', 'task.revoked');
    const id = await bench.send(row);
    expect(await bench.outcome(id)).toMatchObject({ status: 'REVOKED', result: { exc_type: 'TaskRevokedError' } });
    await worksOn();
  });

  it.each(named(BAD_MESSAGES.filter(({ end }) => 'waits' in end)))(
    'leaves %s to the broker until its time, and goes on',
    async (_, row) => {
      await bench.send(row);
      await worksOn();
      const waiting = () =>
        system.broker.api<{ name: string; messages?: number }[]>('GET', '/api/queues?disable_stats=true&enable_queue_totals=true');
      await waitUntil(async () => (await waiting()).some(({ name, messages }) => name.startsWith('celery_delayed_') && messages === 1), {
        what: 'message in a delay queue',
      });
    },
  );

  it('has met every reason that the code knows', () => {
    const met = new Set(BAD_MESSAGES.map(({ end }) => ('dead' in end ? end.dead : undefined)));
    expect(DEAD_LETTER_REASONS.filter((reason) => !met.has(reason) && !NOT_BY_A_MESSAGE.includes(reason))).toEqual([]);
  });

  it('is the same process at the end, and holds nothing', async () => {
    await waitForDepth(system.broker, 'small', EMPTY);
    expect(worker.logged('uncaught exception')).toEqual([]);
    expect(worker.logged('unhandled rejection')).toEqual([]);
    expect(await worker.probe('/readyz')).toBe(200);
    // No control character of a stranger's, and no line without an end.
    expect(worker.process.output).toMatch(/^[\n -~]*$/);
    for (const line of worker.process.output.split('\n')) expect(line.length).toBeLessThan(10_000);
  });
});
