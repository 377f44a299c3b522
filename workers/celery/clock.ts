/** A clock beyond this is no clock that ever ran; taking it over would leave no room to count on. */
const HIGHEST = 2 ** 52;

/** Lamport clock: orders events and control messages of all workers without a common time (Celery's `LamportClock`). */
export class LamportClock {
  private now = 0;

  get value(): number {
    return this.now;
  }

  /** The next value, for a message that is sent. */
  forward(): number {
    this.now += 1;
    return this.now;
  }

  /** Catches up with the clock of a received message. Whatever is not a clock is ignored, as messages come from anywhere. */
  adjust(other: unknown): void {
    const known = typeof other === 'number' && Number.isInteger(other) && other >= 0 && other < HIGHEST;
    this.now = Math.max(this.now, known ? other : 0) + 1;
  }
}
