/** Messages of a queue as somebody sees them. */
export interface QueueLength {
  readonly ready: number;
  readonly unacked: number;
}

/** RabbitMQ collects statistics at this interval (`collect_statistics_interval`). */
const COLLECT_SECONDS = 5;
/**
 * A collected figure shows in the management API this much later. Both together give an age of 5 to 10 s, as measured on RabbitMQ 4.3
 * (5.2 to 9.7 s).
 */
const SHOW_SECONDS = 5;

/** What the management API answers about a queue: the truth of some seconds ago. */
export class Statistics {
  private collected: { readonly at: number; readonly length: QueueLength }[] = [];

  /** Called once a second. */
  collect(at: number, { ready, unacked }: QueueLength): void {
    if (at % COLLECT_SECONDS === 0) this.collected.push({ at, length: { ready, unacked } });
  }

  shownAt(at: number): QueueLength {
    const visible = this.collected.filter((each) => each.at <= at - SHOW_SECONDS);
    // Later questions are never about an earlier time.
    this.collected = this.collected.slice(Math.max(0, visible.length - 1));
    return visible.at(-1)?.length ?? { ready: 0, unacked: 0 };
  }
}
