import type { Queue } from './queue';

/** A queue as somebody sees it. */
export interface QueueState {
  readonly ready: number;
  readonly unacked: number;
  /** Messages published per second. */
  readonly publishRate: number;
}

export const NOTHING: QueueState = { ready: 0, unacked: 0, publishRate: 0 };

/** RabbitMQ collects statistics at this interval (`collect_statistics_interval`). */
const COLLECT_SECONDS = 5;
/**
 * A collected figure shows in the management API this much later. Both together give an age of 5 to 10 s, as measured on RabbitMQ 4.3
 * (5.2 to 9.7 s).
 */
const SHOW_SECONDS = 5;

/** What the management API answers about a queue: the truth of some seconds ago. */
export class Statistics {
  private collected: { readonly at: number; readonly state: QueueState }[] = [];
  private published = 0;

  /** Called once a second. */
  collect(at: number, { ready, unacked, published }: Queue): void {
    if (at % COLLECT_SECONDS !== 0) return;
    // The rate between this collection and the one before.
    const publishRate = (published - this.published) / COLLECT_SECONDS;
    this.published = published;
    this.collected.push({ at, state: { ready, unacked, publishRate } });
  }

  shownAt(at: number): QueueState {
    const visible = this.collected.filter((each) => each.at <= at - SHOW_SECONDS);
    // Later questions are never about an earlier time.
    this.collected = this.collected.slice(Math.max(0, visible.length - 1));
    return visible.at(-1)?.state ?? NOTHING;
  }
}
