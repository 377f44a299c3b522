import type { Consumer } from './consumer';
import type { Slots } from './slots';

/** Messages taken beyond the prefetch meanwhile; no more are published unconfirmed anyway. */
const AHEAD = 100;
/** Messages with an ETA in a row, before it is worth two changes of the consumers. */
const ENOUGH_IN_A_ROW = 20;
const LINGER_MS = 1000;

/**
 * A producer without native delayed delivery (Celery's `countdown` on its own settings) may leave thousands of messages with an ETA in a
 * queue. Each passes through a worker on its way to the broker's delays and holds a place of the prefetch until the broker has its copy; a
 * task that is due would wait behind them all. While the places are full of such messages the worker takes more at once.
 */
export class LookAhead {
  private inARow = 0;
  private passing = 0;
  private wide = false;
  private linger: NodeJS.Timeout | undefined;

  constructor(
    private readonly consumer: Pick<Consumer, 'takeAhead'>,
    private readonly slots: Pick<Slots, 'size'>,
  ) {}

  /** Another message goes to the delays. @param running tasks that hold places, too @returns to be called when it is there */
  pass(running: number): () => void {
    this.inARow += 1;
    this.passing += 1;
    if (this.inARow >= ENOUGH_IN_A_ROW && this.passing + running >= this.slots.size) this.widen();
    return () => {
      this.passing -= 1;
      clearTimeout(this.linger);
      if (this.passing === 0 && this.wide) this.linger = setTimeout(() => this.narrow(), LINGER_MS).unref();
    };
  }

  /** A task is due. @param handBack gives back what is held beyond the slots, if this one has none: it is for other workers */
  due(hasSlot: boolean, handBack: () => void): void {
    this.inARow = 0;
    if (!hasSlot) this.narrow(handBack);
  }

  private widen(): void {
    if (this.wide) return;
    this.wide = true;
    void this.consumer.takeAhead(AHEAD);
  }

  private narrow(handBack?: () => void): void {
    if (!this.wide) return;
    this.wide = false;
    void this.consumer.takeAhead(0, handBack);
  }
}
