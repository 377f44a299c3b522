import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Queue } from '../topology';
import { TaskMetrics, type TaskOnQueue } from './task-metrics';
import { showWorker, type WorkerFigures } from './worker-metrics';

/** However many ask, the text is made no more often. */
const LEAST_INTERVAL_MS = 1000;

/** The metrics of one worker, for Prometheus. Nothing of them is global: several workers may live in a process. */
export class Metrics {
  readonly tasks: TaskMetrics;
  readonly registry = new Registry();
  private made: { readonly at: number; readonly text: Promise<string> } | undefined;

  /**
   * @param figures asked at each scrape
   * @param expected see `TaskMetrics`
   * @param queues see `TaskMetrics`
   */
  constructor(figures: () => WorkerFigures, expected: readonly TaskOnQueue[], queues: readonly Queue[]) {
    this.tasks = new TaskMetrics(this.registry, expected, queues);
    showWorker(this.registry, figures);
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All of them in Prometheus' text format, at most a second old. */
  async text(): Promise<string> {
    const now = performance.now();
    if (!this.made || now - this.made.at >= LEAST_INTERVAL_MS) this.made = { at: now, text: this.registry.metrics() };
    return this.made.text;
  }
}
