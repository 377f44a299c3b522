/** A message. */
export interface Task {
  /** Second it was published in, with fractions. */
  readonly arrival: number;
  /** How long a worker takes for it. */
  readonly seconds: number;
}

/** Messages of the group's queues, waiting and with workers: what comes first goes first, what is handed back goes before all others. */
export class Queue {
  private waiting: Task[] = [];
  private head = 0;
  private readonly returned: Task[] = [];
  /** Delivered and not acknowledged yet. */
  unacked = 0;
  /** Since the beginning; what is handed back does not count again. */
  published = 0;

  get ready(): number {
    return this.waiting.length - this.head + this.returned.length;
  }

  publish(task: Task): void {
    this.waiting.push(task);
    this.published++;
  }

  deliver(): Task | undefined {
    const task = this.returned.pop() ?? this.waiting[this.head++];
    if (task === undefined) this.head--;
    else this.unacked++;
    if (this.head > 10_000) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
    return task;
  }

  acknowledge(): void {
    this.unacked--;
  }

  handBack(task: Task): void {
    this.unacked--;
    this.returned.push(task);
  }
}
