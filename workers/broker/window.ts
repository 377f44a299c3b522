import { once } from 'node:events';

/** Lets at most `size` callers in at once; the others wait their turn. */
export class Window {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private size: number) {}

  /** @throws the signal's reason when it comes before the turn */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.inside < this.size) {
      this.inside += 1;
      return;
    }
    signal.throwIfAborted();
    const done = new AbortController();
    let admit = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      admit = resolve;
      this.waiting.push(resolve);
    });
    const late = once(signal, 'abort', { signal: done.signal }).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    const first = await Promise.race([turn, late]);
    done.abort();
    if (first !== 'late') return;
    const index = this.waiting.indexOf(admit);
    // Admitted in the same turn of the event loop as the deadline: pass the place on.
    if (index < 0) this.leave();
    else this.waiting.splice(index, 1);
    throw signal.reason;
  }

  /** Lets more or fewer in from now on; who is inside stays. */
  resize(size: number): void {
    this.size = size;
    while (this.inside < this.size && this.waiting.length > 0) {
      this.inside += 1;
      this.waiting.shift()?.();
    }
  }

  leave(): void {
    const next = this.inside <= this.size ? this.waiting.shift() : undefined;
    if (next) next();
    else this.inside -= 1;
  }
}
