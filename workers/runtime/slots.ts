import { Window } from '../broker/window';

/** How many tasks may run at once, and whether one wants to run without company. */
export class Slots {
  private readonly window: Window;
  private readonly loners = new Window(1);

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

  /** Waits for a free slot. @throws the signal's reason when that comes first */
  async enter(signal: AbortSignal): Promise<() => void> {
    await this.window.enter(signal);
    return () => this.window.leave();
  }

  /** Waits until nothing else runs, and lets nothing else start. @throws the signal's reason when that comes first */
  async enterAlone(signal: AbortSignal): Promise<() => void> {
    await this.loners.enter(signal);
    let taken = 0;
    const leave = (): void => {
      while (taken-- > 0) this.window.leave();
      this.loners.leave();
    };
    try {
      for (; taken < this.size; taken++) await this.window.enter(signal);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }
}
