import { parseArgs } from 'node:util';
import { CONTROL_EXCHANGE } from '../../workers/celery/control';
import { Task } from '../../workers/task';
import { withChannel } from '../../test/support/amqp';
import { renderTasks } from '../../test/support/manifests';
import { SMALL_BROKER } from '../../test/support/small-broker';
import { TaskSystem } from '../../test/support/task-system';
import { waitUntil } from '../../test/support/wait-until';
import { kindOf, type Lines } from './mix';
import { type Look, Report } from './report';

/** Sent together; the next batch follows when the results of the one before the last are here: a window that stays the same. */
const BATCH = 1000;
const BATCHES_AT_ONCE = 2;
const ROWS = 10;
const SECONDS_TO_END = 300;

const look = new Task<[], Look>('soak.look', {}, () => {
  throw new Error('runs in the worker');
});

/** `npm run bench:soak -- --tasks 20000` */
export async function main(argv: string[]): Promise<void> {
  const { values } = parseArgs({ args: argv, options: { tasks: { type: 'string', default: '1000000' } } });
  const tasks = Number(values.tasks);
  if (!Number.isInteger(tasks) || tasks < ROWS * BATCH || tasks % (ROWS * BATCH) !== 0) {
    throw new Error(`--tasks ${values.tasks} -> must be a multiple of ${ROWS * BATCH}`);
  }
  const workers = { general: { queues: ['small'], concurrency: 100 } };
  const system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER, queues: { small: { maxTaskSeconds: 30 } }, workers }));
  // Broker and worker are processes of their own.
  const giveUp = (): void => void system.stop().finally(() => process.exit(1));
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp);
  try {
    // Not waited for by its log, which would fill the memory of this process: its first answer says that it works.
    const worker = system.spawnWorker('general', { LOG_LEVEL: 'error', WARREN_TASK_EVENTS: 'true' }, require.resolve('./worker'));
    const report = await withChannel(system.broker, 'admin', (raw) => run(system, { client: system.client(), raw, queue: 'small' }, tasks));
    const { code, signal } = await worker.end();
    report.finish(code ?? signal);
  } finally {
    await system.stop();
  }
}

async function run(system: TaskSystem, lines: Lines, tasks: number): Promise<Report> {
  const report = new Report(tasks);
  const looked = async (): Promise<Look> => (await lines.client.send(look, [])).result({ timeoutSeconds: 120 });
  // As the worker declares it, which may take its first task before.
  await lines.raw.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: false });
  const underWay: Promise<void>[] = [];
  for (let sent = 0; sent < tasks; sent += BATCH) {
    if (underWay.length === BATCHES_AT_ONCE) await underWay.shift();
    underWay.push(sendBatch(lines, sent));
    if ((sent + BATCH) % (tasks / ROWS) !== 0) continue;
    await Promise.all(underWay.splice(0));
    report.row(sent + BATCH, await looked());
    // Not before the first tasks: channels open when they are used.
    report.early ??= await openObjects(system);
  }
  const expected = Array.from({ length: 1000 }, (_, index) => kindOf(index)).filter(({ counted }) => counted).length * (tasks / 1000);
  // What waits in the broker for its next try or its rate limit comes back by itself.
  await waitUntil(
    async () => {
      const { ended } = await looked();
      if (ended !== expected) throw new Error(`${ended} of ${expected} tasks have ended`);
      return true;
    },
    { what: 'end of all tasks', timeoutMs: SECONDS_TO_END * 1000, intervalMs: 1000 },
  );
  report.row(tasks, await looked());
  report.late = await openObjects(system);
  return report;
}

async function sendBatch(lines: Lines, first: number): Promise<void> {
  await Promise.all(Array.from({ length: BATCH }, (_, index) => kindOf(index).send(lines, first + index)));
}

/** Counted by the node itself: what the management API shows is seconds old. */
async function openObjects({ broker }: TaskSystem): Promise<Readonly<Record<string, number>>> {
  const count = async (list: string, ...argv: string[]): Promise<number> => {
    const lines = await broker.ctl(list, '--quiet', '--no-table-headers', ...argv);
    return lines.split('\n').filter((line) => line.trim() !== '').length;
  };
  return {
    connections: await count('list_connections', 'pid'),
    channels: await count('list_channels', 'pid'),
    queues: await count('list_queues', '-p', broker.virtualHost, 'name'),
    consumers: await count('list_consumers', '-p', broker.virtualHost, 'queue_name'),
  };
}
