import { readFile } from 'node:fs/promises';
import type { ConfirmChannel } from 'amqplib';
import { DEAD_LETTER_REASONS } from '../../workers/celery/rejected';
import { Task } from '../../workers/task';
import { withChannel } from '../support/amqp';
import { renderTasks } from '../support/manifests';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import { MUTATED_VECTORS, mutated, randomNumbers, type Sample } from '../workers/celery/mutations';
import { taskVector } from '../workers/celery/vectors';

jest.setTimeout(240_000);

const MESSAGES = 10_000;
const BATCH = 250;
/** Far more than a worker of this size needs, far less than a leak of each message would take. */
const MOST_RSS = 350 * 2 ** 20;
const echo = new Task<[number], number>('test.echo', {}, (value) => value);

/** Whether the broker takes it: for a wrong expiration it closes the channel, for Infinity in the headers the connection. */
function sendable({ properties }: Sample): boolean {
  const { expiration, headers } = properties;
  const finite = Object.values(headers ?? {}).every((value) => value !== Infinity);
  return finite && (expiration === undefined || /^\d+$/.test(expiration));
}

describeReal(`a worker and ${MESSAGES} damaged messages`, () => {
  let system: TaskSystem;
  afterAll(() => system?.stop(), 60_000);

  it('ends each of them once: run, put off, revoked or dead-lettered with a reason', async () => {
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, workers: { general: { queues: ['small'], concurrency: 16 } } }));
    const worker = await system.startWorker('general', {}, PROGRAMS.test);
    const started = performance.now();
    const sent = await withChannel(system.broker, 'producer', async (_, connection) => publishAll(await connection.createConfirmChannel()));
    expect(sent).toBe(MESSAGES);
    await waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
    const seconds = (performance.now() - started) / 1000;

    expect(await (await system.client().send(echo, [1])).result({ timeoutSeconds: 20 })).toBe(1);
    const reasons = await deadLetters();
    const dead = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    const ended = worker.logged('task ended').length - 1;
    const putOff = await waiting();
    note(
      `${MESSAGES} damaged messages in ${seconds.toFixed(0)} s: ${ended} ended, ${putOff} put off, dead letters ${JSON.stringify([...reasons])}`,
    );
    expect(ended + putOff + dead).toBe(MESSAGES);
    expect([...reasons.keys()].filter((reason) => !(DEAD_LETTER_REASONS as readonly string[]).includes(reason))).toEqual([]);
    expect(reasons.get('internal-error')).toBeUndefined();
    for (const wrong of ['uncaught exception', 'unhandled rejection', 'connection lost']) expect(worker.logged(wrong)).toEqual([]);
    expect(await worker.probe('/readyz')).toBe(200);
    expect(await residentBytes(worker.process.pid)).toBeLessThan(MOST_RSS);
  });

  async function publishAll(channel: ConfirmChannel): Promise<number> {
    const samples: readonly Sample[] = MUTATED_VECTORS.map((name) => runnable(taskVector(name)));
    const random = randomNumbers(20_261_122);
    let sent = 0;
    while (sent < MESSAGES) {
      const sample = mutated(samples, random);
      if (!sendable(sample)) continue;
      try {
        channel.publish('tasks', 'small', sample.content, { ...sample.properties, persistent: true });
        sent += 1;
      } catch {
        // The client library cannot write it.
      }
      if (sent % BATCH === 0) await channel.waitForConfirms();
    }
    return sent;
  }

  /** Takes them all away, and counts them by reason. */
  async function deadLetters(): Promise<Map<string, number>> {
    const reasons = new Map<string, number>();
    await withChannel(system.broker, 'admin', async (channel) => {
      for (;;) {
        const message = await channel.get('small.dlq', { noAck: true });
        if (!message) break;
        const headers = message.properties.headers ?? {};
        const reason = String(headers['x-reject-reason'] ?? `by the broker: ${String(headers['x-first-death-reason'])}`);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    });
    return reasons;
  }

  /** Messages in the broker's delays. */
  async function waiting(): Promise<number> {
    type Queue = { name: string; messages?: number };
    const path = '/api/queues?disable_stats=true&enable_queue_totals=true';
    const queues = await waitUntil(async () => system.broker.api<Queue[]>('GET', path), { what: 'queues' });
    return queues.filter(({ name }) => name.startsWith('celery_delayed_')).reduce((sum, { messages = 0 }) => sum + messages, 0);
  }
});

/** The same message for a task that this worker has. Its expiration would let the broker drop it. */
function runnable({ content, properties: captured }: Sample): Sample {
  const { expiration: _, ...properties } = captured;
  const { headers } = properties;
  return { content, properties: headers && 'task' in headers ? { ...properties, headers: { ...headers, task: 'test.echo' } } : properties };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
