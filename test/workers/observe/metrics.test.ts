import { DEAD_LETTER_REASONS } from '../../../workers/celery/rejected';
import { Metrics } from '../../../workers/observe/metrics';
import type { TaskOnQueue } from '../../../workers/observe/task-metrics';
import type { WorkerFigures } from '../../../workers/observe/worker-metrics';
import type { Queue } from '../../../workers/topology';
import { parseExposition, valueOf } from '../../support/exposition';
import { waitUntil } from '../../support/wait-until';

const LINK = { up: true, blocked: false, reconnects: 0 };
const FIGURES: WorkerFigures = { running: 3, concurrency: 16, state: 'consuming', links: { consumer: LINK, publisher: LINK } };
const on = (task: string, queue: string, broadcast?: string): TaskOnQueue => ({
  task: { name: task },
  delivery: { queue: { name: queue, ...(broadcast !== undefined && { broadcast }) } },
});
const ADD = on('tasks.add', 'small');
const LABELS = { task: 'tasks.add', queue: 'small' };

const metricsOf = (figures: Partial<WorkerFigures> = {}, expected: readonly TaskOnQueue[] = [], queues: readonly Queue[] = []) =>
  new Metrics(() => ({ ...FIGURES, ...figures }), expected, queues);
const read = async (metrics: Metrics) => parseExposition(await metrics.text());

describe('Metrics', () => {
  it('count tasks by name, queue and outcome, and their run times', async () => {
    const metrics = metricsOf();
    for (const seconds of [0.02, 2, 7200]) {
      metrics.tasks.started(ADD);
      metrics.tasks.ran(ADD, seconds);
      metrics.tasks.ended(ADD, 'success');
    }
    metrics.tasks.ended(on('tasks.add', 'large'), 'expired');
    const families = await read(metrics);
    expect(valueOf(families, 'warren_tasks_started_total', LABELS)).toBe(3);
    expect(valueOf(families, 'warren_tasks_ended_total', { ...LABELS, outcome: 'success' })).toBe(3);
    expect(valueOf(families, 'warren_tasks_ended_total', { task: 'tasks.add', queue: 'large', outcome: 'expired' })).toBe(1);
    expect(valueOf(families, 'warren_task_duration_seconds_count', LABELS)).toBe(3);
    expect(valueOf(families, 'warren_task_duration_seconds_sum', LABELS)).toBeCloseTo(7202.02);
    const bucket = (le: string) => valueOf(families, 'warren_task_duration_seconds_bucket', { ...LABELS, le });
    expect(['0.01', '0.03', '1', '3', '3600', '+Inf'].map(bucket)).toEqual([0, 1, 1, 2, 2, 3]);
  });

  it('count messages and dead letters', async () => {
    const metrics = metricsOf();
    const queue = { name: 'small' };
    metrics.tasks.received({ queue, redelivered: false });
    metrics.tasks.received({ queue, redelivered: true });
    metrics.tasks.received({ queue, redelivered: true });
    metrics.tasks.deadLettered(queue, 'unregistered');
    const families = await read(metrics);
    expect(valueOf(families, 'warren_messages_received_total', { queue: 'small', redelivered: 'false' })).toBe(1);
    expect(valueOf(families, 'warren_messages_received_total', { queue: 'small', redelivered: 'true' })).toBe(2);
    expect(valueOf(families, 'warren_messages_dead_lettered_total', { queue: 'small', reason: 'unregistered' })).toBe(1);
  });

  it('name a broadcast, and not the queue that this worker has at it for the life of a connection', async () => {
    const metrics = metricsOf();
    for (const connection of ['1f', '2e']) {
      const heard = on('cache.clear', `news.${connection}`, 'news');
      metrics.tasks.received({ ...heard.delivery, redelivered: false });
      metrics.tasks.started(heard);
      metrics.tasks.ended(heard, 'success');
      metrics.tasks.deadLettered(heard.delivery.queue, 'not-repeated');
    }
    expect(await metrics.text()).not.toMatch(/1f|2e/);
    expect(valueOf(await read(metrics), 'warren_tasks_started_total', { task: 'cache.clear', queue: 'news' })).toBe(2);
  });

  it('show what is expected from zero on', async () => {
    const families = await read(metricsOf({}, [ADD]));
    expect(valueOf(families, 'warren_tasks_started_total', LABELS)).toBe(0);
    expect(valueOf(families, 'warren_tasks_ended_total', { ...LABELS, outcome: 'failure' })).toBe(0);
    expect(families.get('warren_messages_received_total')?.samples).toEqual([]);
  });

  it('show the worker as it is when they are asked for', async () => {
    const consumer = { up: false, blocked: false, reconnects: 2 };
    const publisher = { up: true, blocked: true, reconnects: 0 };
    const families = await read(metricsOf({ state: 'draining', links: { consumer, publisher } }));
    expect(valueOf(families, 'warren_tasks_running')).toBe(3);
    expect(valueOf(families, 'warren_concurrency')).toBe(16);
    expect([valueOf(families, 'warren_consuming'), valueOf(families, 'warren_draining')]).toEqual([0, 1]);
    const both = (name: string) => ['consumer', 'publisher'].map((link) => valueOf(families, name, { link }));
    expect(both('warren_link_up')).toEqual([0, 1]);
    expect(both('warren_link_blocked')).toEqual([0, 1]);
    expect(both('warren_link_reconnects_total')).toEqual([2, 0]);
    const consuming = await read(metricsOf());
    expect([valueOf(consuming, 'warren_consuming'), valueOf(consuming, 'warren_draining')]).toEqual([1, 0]);
  });

  it('have those of the process, by their usual names', async () => {
    const families = await read(metricsOf());
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      expect(valueOf(families, name)).toBeGreaterThanOrEqual(0);
  });

  it('keep several workers of a process apart', async () => {
    const [one, other] = [metricsOf(), metricsOf({ running: 1 })];
    one.tasks.started(ADD);
    expect(valueOf(await read(one), 'warren_tasks_started_total', LABELS)).toBe(1);
    expect(valueOf(await read(other), 'warren_tasks_started_total', LABELS)).toBeUndefined();
    expect(valueOf(await read(other), 'warren_tasks_running')).toBe(1);
  });

  it('show dead letters of each queue and reason from the beginning', async () => {
    const families = await read(metricsOf({}, [], [{ name: 'small' } as Queue]));
    for (const reason of DEAD_LETTER_REASONS) {
      expect(valueOf(families, 'warren_messages_dead_lettered_total', { queue: 'small', reason })).toBe(0);
    }
  });

  it('are made once a second however many ask', async () => {
    let asked = 0;
    const metrics = new Metrics(
      () => {
        asked += 1;
        return FIGURES;
      },
      [],
      [],
    );
    const first = await metrics.text();
    const once = asked;
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => metrics.text()))).size).toBeLessThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(2 * once);
    metrics.tasks.started(ADD);
    expect(await waitUntil(async () => (await metrics.text()) !== first, { what: 'fresh text' })).toBe(true);
  });

  it('are named as the field names them', async () => {
    for (const [name, { type }] of await read(metricsOf())) {
      if (!name.startsWith('warren_')) continue;
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('escape what a name may hold', async () => {
    const metrics = metricsOf();
    const name = 'tasks."add"\\\n{}';
    metrics.tasks.started(on(name, 'small'));
    expect(valueOf(await read(metrics), 'warren_tasks_started_total', { task: name, queue: 'small' })).toBe(1);
  });
});
