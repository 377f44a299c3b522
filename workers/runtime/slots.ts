import { Window } from '../broker/window';

/** How many tasks may run at once, and whether one wants to run without company. */
export class Slots {
  private readonly window: Window;
  private readonly loners = new Window(1);

  constructor(private readonly size: number) {
    this.window = new Window(size);
  }

  /** Waits for a free slot. @throws the signal's reason when that comes first */
  async enter(signal: AbortSignal): Promise<() => void> {
    await this.window.enter(signal);
    return () => this.window.leave();
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
