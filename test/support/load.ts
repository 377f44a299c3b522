import { setInterval } from 'node:timers/promises';
import type { Client } from '../../workers/client/client';
import { count } from '../../workers/tasks';
import { waitUntil } from './wait-until';
import type { WorkerProcess } from './worker-process';

/** Tasks a second. */
const RATE = 50;
const SECONDS_OF_A_TASK = 0.05;

/** What became of the tasks of a load. */
export interface Outcome {
  readonly accepted: number;
  readonly rejected: number;
  /** Accepted and never finished. */
  readonly lost: readonly string[];
  /** Finished once more than once, each time counted. */
  readonly duplicated: number;
  /** Finished, but accepted by nobody; a rejected task may be stored all the same when its code says so. */
  readonly unexpected: number;
  /** Longest time in which no task finished. */
  readonly longestGapSeconds: number;
}

/** Short tasks at an even pace, and the ledger of those that were accepted. */
export class Load {
  readonly accepted = new Set<string>();
  rejected = 0;
  private readonly pace = new AbortController();
  private readonly pending = new Set<Promise<void>>();
  private readonly running: Promise<void>;
  /** What earlier loads have left in the workers' logs. */
  private readonly earlier: readonly number[];

  constructor(
    private readonly client: Client,
    private readonly workers: readonly WorkerProcess[],
  ) {
    this.earlier = workers.map((worker) => finishedBy(worker).length);
    this.running = this.run();
  }

  /** Waits until so many more tasks have finished: proof that work goes on. */
  async progress(tasks: number): Promise<void> {
    const goal = this.finished().length + tasks;
    await waitUntil(() => this.finished().length >= goal, { what: `${tasks} more finished tasks`, timeoutMs: 60_000, intervalMs: 200 });
  }

  /** Sends no more and waits for what was accepted. */
  async end(): Promise<Outcome> {
    this.pace.abort();
    await this.running;
    await Promise.all(this.pending);
    // What is still missing at the deadline is lost; the caller says so with the ids.
    await waitUntil(() => this.lost().length === 0, { what: 'end of all tasks', timeoutMs: 60_000, intervalMs: 200 }).catch(
      () => undefined,
    );
    const finished = this.finished();
    const ids = new Set(finished.map(({ id }) => id));
    return {
      accepted: this.accepted.size,
      rejected: this.rejected,
      lost: this.lost(),
      duplicated: finished.length - ids.size,
      unexpected: [...ids].filter((id) => !this.accepted.has(id)).length,
      longestGapSeconds: longestGap(finished.map(({ time }) => time)) / 1000,
    };
  }

  private lost(): string[] {
    const ids = new Set(this.finished().map(({ id }) => id));
    return [...this.accepted].filter((id) => !ids.has(id));
  }

  private async run(): Promise<void> {
    try {
      for await (const _ of setInterval(1000 / RATE, undefined, { signal: this.pace.signal, ref: false })) {
        const sent = this.send().finally(() => this.pending.delete(sent));
        this.pending.add(sent);
      }
    } catch (error) {
      if (!this.pace.signal.aborted) throw error;
    }
  }

  private async send(): Promise<void> {
    try {
      const job = await this.client.send(count, [1, SECONDS_OF_A_TASK], { ignoreResult: true });
      this.accepted.add(job.id);
    } catch {
      this.rejected += 1;
    }
  }

  /** What the workers say they have finished. */
  private finished(): { id: string; time: number }[] {
    return this.workers
      .flatMap((worker, index) => finishedBy(worker).slice(this.earlier[index]))
      .map(({ id, time }) => ({ id: String(id), time: new Date(time as string | number).getTime() }));
  }
}

function finishedBy(worker: WorkerProcess): Record<string, unknown>[] {
  return worker.logged('task ended').filter(({ task }) => task === count.name);
}

/** The outcome as one line for the report. */
export function summaryOf({ accepted, rejected, lost, duplicated, unexpected, longestGapSeconds }: Outcome): string {
  const counts = `${accepted} tasks accepted, ${lost.length} lost, ${duplicated} run twice, ${rejected} rejected, ${unexpected} unexpected`;
  return `${counts}; longest time without a finished task ${longestGapSeconds.toFixed(1)} s`;
}

function longestGap(times: readonly number[]): number {
  const ordered = [...times];
  ordered.sort((a, b) => a - b);
  return ordered.reduce((longest, time, index) => Math.max(longest, time - (ordered[index - 1] ?? time)), 0);
}
