import type { Queue } from '../topology';
import type { Consumer } from './consumer';
import type { Delivery } from './delivery';
import type { Slots } from './slots';

/** Messages a scout holds; the publisher has no more unconfirmed at once. */
const AHEAD = 100;
/** Messages with an ETA in a row, before it is worth another consumer. */
const ENOUGH_IN_A_ROW = 20;
/** Those a scout holds may take 16 MiB in all. */
const LARGE_BYTES = (16 * 2 ** 20) / AHEAD;
const LINGER_MS = 1000;

/**
 * A producer without native delayed delivery (Celery's `countdown` on its own settings) may leave thousands of messages with an ETA in a
 * queue. Each passes through a worker on its way to the broker's delays and holds a place of the prefetch until the broker has its copy; a
 * task that is due would wait behind them all. While all places are full of them, a second consumer takes more messages at once: a
 * scout, which runs none. The first one of its messages that is due goes back, and ends it.
 */
export class LookAhead {
  private inARow = 0;
  private passing = 0;
  /** Messages that a scout took and that are still here. */
  private scouted = 0;
  private linger: NodeJS.Timeout | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly consumer: Pick<Consumer, 'scout' | 'endScout'>,
    private readonly slots: Pick<Slots, 'size'>,
  ) {}

  /** A message goes to the delays. @param running tasks that hold places, too @returns to be called when it is there */
  pass(delivery: Pick<Delivery, 'content' | 'scouted'>, running: number): () => void {
    this.passing += 1;
    clearTimeout(this.linger);
    if (delivery.content.length > LARGE_BYTES) this.end();
    else this.inARow += 1;
    if (this.isFlood(running)) void this.consumer.scout(this.queue, AHEAD);
    if (delivery.scouted) this.scouted += 1;
    return () => {
      if (delivery.scouted) this.scouted -= 1;
      this.passing -= 1;
      if (this.passing > 0) return;
      clearTimeout(this.linger);
      this.linger = setTimeout(() => this.end(), LINGER_MS).unref();
    };
  }

  private isFlood(running: number): boolean {
    // What an earlier scout took comes first: its messages are in a row by themselves, and more and more would be held.
    return this.inARow >= ENOUGH_IN_A_ROW && this.passing + running >= this.slots.size && this.scouted === 0;
  }

  /** A task is due: those with an ETA are no longer in a row. */
  due(): void {
    this.inARow = 0;
  }

  /** Gives back what a scout found and another consumer is to have. */
  async surrender(delivery: Pick<Delivery, 'handBack'>): Promise<void> {
    this.inARow = 0;
    this.scouted += 1;
    // While there is a scout it might get the message again.
    await this.consumer.endScout(this.queue);
    delivery.handBack();
    this.scouted -= 1;
  }

  private end(): void {
    this.inARow = 0;
    void this.consumer.endScout(this.queue);
  }
}
