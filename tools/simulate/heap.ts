/** Entries in the order of a number, the least first: what finishes next. */
export class Heap<T> {
  private readonly entries: T[] = [];

  constructor(private readonly orderOf: (entry: T) => number) {}

  /** The least entry, which stays in. */
  get first(): T | undefined {
    return this.entries[0];
  }

  add(entry: T): void {
    let at = this.entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.order(parent) <= this.order(at)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** Takes the least entry out. */
  take(): T | undefined {
    const first = this.entries[0];
    const last = this.entries.pop();
    if (last !== undefined && this.entries.length > 0) {
      this.entries[0] = last;
      this.sink();
    }
    return first;
  }

  private sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (this.order(left) < this.order(least)) least = left;
      if (this.order(right) < this.order(least)) least = right;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private order(at: number): number {
    const entry = this.entries[at];
    return entry === undefined ? Number.POSITIVE_INFINITY : this.orderOf(entry);
  }

  private swap(a: number, b: number): void {
    [this.entries[a], this.entries[b]] = [this.entries[b] as T, this.entries[a] as T];
  }
}
