import { EventEmitter, once } from 'node:events';
import { Window } from '../broker/window';

/** How many tasks may run at once, and whether one wants to run without company. */
export class Slots {
  private readonly window: Window;
  private readonly loners = new Window(1);
  private readonly gate = new EventEmitter().setMaxListeners(0);
  private closedBy = 0;

  constructor(private places: number) {
    this.window = new Window(places);
  }

  /** Tasks at once. */
  get size(): number {
    return this.places;
  }

  resize(size: number): void {
    this.places = size;
    this.window.resize(size);
  }

  /** Waits for a free slot, and for an open gate. @throws an error when the signal comes first */
  async enter(signal: AbortSignal): Promise<() => void> {
    for (;;) {
      while (this.closedBy > 0) await once(this.gate, 'open', { signal });
      await this.window.enter(signal);
      if (this.closedBy === 0) return () => this.window.leave();
      // It was closed while this one waited for its slot.
      this.window.leave();
    }
  }

  /** From now on nobody enters but loners. @returns opens the gate again; it is open when all that closed it have opened it */
  close(): () => void {
    this.closedBy += 1;
    return () => {
      this.closedBy -= 1;
      if (this.closedBy === 0) this.gate.emit('open');
    };
  }

  /**
   * Waits until nothing else runs, and lets nothing else start.
   * @param prepare done before the waiting; one loner after the other is let in
   * @throws the signal's reason when that comes first, or what `prepare` throws
   */
  async enterAlone(signal: AbortSignal, prepare: () => Promise<void>): Promise<() => void> {
    await this.loners.enter(signal);
    let taken = 0;
    const leave = (): void => {
      while (taken-- > 0) this.window.leave();
      this.loners.leave();
    };
    try {
      await prepare();
      for (; taken < this.size; taken++) await this.window.enter(signal);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }
}
