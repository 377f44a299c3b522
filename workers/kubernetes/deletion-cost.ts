import type { Logger } from 'pino';
import { errorMessage } from '../error-message';
import { ask, type KubernetesAccess, messageIn } from './api';

export interface DeletionCostOptions {
  readonly access: () => Promise<KubernetesAccess>;
  /** Name of the worker's own pod. */
  readonly pod: string;
  /** Seconds that each running task has run. */
  readonly busy: () => readonly number[];
  readonly log: Logger;
  /**
   * Least time between two patches, in milliseconds, and four times that between two of a busy worker; up to a quarter of it is added at random, so that the pods of a group do not write all
   * at once.
   * @default 15000
   */
  readonly intervalMs?: number;
}

/** Annotation by which a ReplicaSet chooses the pods it removes: the lowest first (Kubernetes documentation, pod deletion cost). */
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';

const LOOK_MS = 1000;
/** After a refusal: the API server has better things to do. */
const FAILED_PAUSE = 3;

/**
 * What it costs to remove a worker: the work under way that would have to be drained or done again. 0 when idle; else steps that double, so
 * that a long task makes few of them.
 */
export function deletionCost(busy: readonly number[]): number {
  const invested = busy.reduce((sum, seconds) => sum + 1 + seconds, 0);
  return Math.ceil(Math.log2(1 + invested));
}

/**
 * How many intervals must have passed since the last patch. To become idle, or busy, is news that decides which pod goes; that a busy one
 * is busier can wait, so that it does not hold up the news.
 */
export function patience(published: number | undefined, cost: number): number {
  return published !== undefined && published > 0 && cost > 0 ? 4 : 1;
}

/**
 * Writes the worker's cost to its own pod when it has changed, seldom, and gives up on nothing: where the API refuses, scale-in is as blind
 * as it was without.
 */
export class DeletionCost {
  private published: number | undefined;
  /** When it was last written or tried. */
  private triedAt = Number.NEGATIVE_INFINITY;
  /** Random part of the time until the next patch, and the whole of it after a refusal. */
  private pauseMs = 0;
  private failing = false;
  private writing = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: DeletionCostOptions) {}

  start(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    const cost = deletionCost(this.options.busy());
    const { intervalMs = 15_000 } = this.options;
    const since = performance.now() - this.triedAt;
    if (this.writing || cost === this.published || since < patience(this.published, cost) * intervalMs + this.pauseMs) return;
    this.writing = true;
    const done = await this.write(cost);
    this.writing = false;
    if (done) this.published = cost;
    this.triedAt = performance.now();
    this.pauseMs = ((done ? 0 : FAILED_PAUSE) + Math.random() / 4) * intervalMs;
  }

  private async write(cost: number): Promise<boolean> {
    const { access, pod, log } = this.options;
    try {
      const api = await access();
      const patch = { metadata: { annotations: { [DELETION_COST_ANNOTATION]: String(cost) } } };
      const path = `/api/v1/namespaces/${api.namespace}/pods/${pod}`;
      const { status, text } = await ask(api, 'PATCH', path, 'application/merge-patch+json', patch);
      if (status !== 200) throw new Error(`${status} ${messageIn(text)}`);
      if (this.failing) log.info({ cost }, 'pod deletion cost is written again');
      this.failing = false;
      return true;
    } catch (error) {
      if (!this.failing)
        log.warn({ error: errorMessage(error) }, 'pod deletion cost not written: scale-in may choose this pod while it is busy');
      this.failing = true;
      return false;
    }
  }
}
