import { RabbitmqCluster } from '../../constructs';
import { renderTasks } from '../support/manifests';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { differencesBetween, type Outcome } from './same-as-python/case';
import { CASES } from './same-as-python/cases';

jest.setTimeout(60_000);

type Side = 'ours' | 'theirs';

interface Report {
  readonly calls: Readonly<Record<string, Record<Side, Outcome>>>;
  /** Messages in the queues when both workers have ended. */
  readonly left: Record<Side, number>;
  /** Fields of the heartbeats by node. */
  readonly heartbeats: Readonly<Record<string, readonly string[]>>;
  readonly unfinished: readonly string[];
}

/** Celery 5.6 declares transient queues, which RabbitMQ 4.3 refuses unless it is told otherwise. */
const BROKER = RabbitmqCluster.of({
  nodes: 1,
  permitTransientQueues: true,
  resources: { cpu: '100m', memory: '512Mi' },
  storage: '2Gi',
});

describeReal.each(['celery-5.7.0', 'celery-5.6.3'] as const)(
  'a producer of %s cannot tell the difference between our worker and one of Celery 5.7.0, but for what is listed',
  (version) => {
    let report: Report;

    beforeAll(async () => {
      const system = await TaskSystem.start(
        renderTasks({ broker: BROKER, queues: { ours: {}, theirs: {} }, workers: { general: { queues: ['ours', 'theirs'] } } }),
      );
      try {
        report = await compare(system, version);
      } finally {
        await system.stop();
      }
    }, 300_000);

    it.each(CASES)('$name', ({ name, told, told56 = told, differences = [] }) => {
      const [order, value] = version === 'celery-5.6.3' ? told56 : told;
      const { ours, theirs } = report.calls[name] ?? {};
      expect(report.unfinished).not.toContain(name);
      expect(theirs?.states.order).toBe(order);
      expect(lastResult(theirs)).toBe(value);
      expect(differencesBetween(ours, theirs)).toEqual(Object.assign({}, ...differences.map(({ at }) => at)));
    });

    it('nothing is left in either queue', () => {
      expect(report.left).toEqual({ ours: 0, theirs: 0 });
    });

    it('heartbeats have the same fields', () => {
      const [one, other, ...more] = Object.values(report.heartbeats);
      expect(one).toContain('sw_ident');
      expect(other).toEqual(one);
      expect(more).toEqual([]);
    });
  },
);

/** The value of the last state, or the class of its exception. */
function lastResult(outcome: Outcome | undefined): string | undefined {
  const last = outcome?.states.order.split(' ').at(-1) ?? '';
  const { result } = (outcome?.states[last] ?? {}) as { result?: { value?: string; exception?: string } };
  return result?.value ?? result?.exception;
}

/** Both workers on the same broker, a queue each; what the Python client saw when both have ended. */
async function compare(system: TaskSystem, version: 'celery-5.7.0' | 'celery-5.6.3'): Promise<Report> {
  const peer = new PythonPeer('celery-5.7.0', system.broker);
  const ours = await system.startWorker(
    'general',
    { WARREN_QUEUES: 'ours', WARREN_CONCURRENCY: '2', WARREN_TASK_EVENTS: 'true' },
    PROGRAMS.same,
  );
  const theirs = await peer.startPool('same_tasks', 'general', 'theirs');
  const monitor = { MONITOR_URL: await peer.urlOf('admin') };
  const producer = new PythonPeer(version, system.broker);
  const client = await producer.program('producer', monitor, 'same_calls.py', JSON.stringify(CASES));
  try {
    // What has not ended by then is in the report.
    await client.waitForOutput(/^settled/m, 120_000).catch(() => undefined);
    await Promise.all([ours.end(), theirs.stop('SIGTERM', 30_000)]);
    await client.stop('SIGTERM', 30_000);
  } finally {
    if (theirs.running) await theirs.stop();
    if (client.running) await client.stop();
  }
  const line = client.output.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`no report: ${client.output}`);
  return JSON.parse(line) as Report;
}
