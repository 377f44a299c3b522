/** Work for one key is done one after the other, in the order in which it came; different keys do not wait for each other. */
export class Lanes {
  private readonly ends = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const done = (this.ends.get(key) ?? Promise.resolve()).then(work);
    const end: Promise<void> = done.then(
      () => this.clear(key, end),
      () => this.clear(key, end),
    );
    this.ends.set(key, end);
    return done;
  }

  private clear(key: string, end: Promise<void>): void {
    if (this.ends.get(key) === end) this.ends.delete(key);
  }
}
