import type { Call, CallListener, Pool, RecycleLimits, RunningCall } from './pool';
import { TaskProcess } from './task-process';

/**
 * Child processes for code that may crash, leak or never end. One is started when a call finds none free, and kept for the next ones; there
 * are never more than tasks run at once. Own code, because a pool of a library (tinypool) asks a child with SIGTERM first and does not
 * say how it died.
 */
export class ProcessPool implements Pool {
  private readonly free: TaskProcess[] = [];
  private readonly all = new Set<TaskProcess>();

  constructor(
    private readonly tasksModule: string,
    private readonly limits: RecycleLimits,
  ) {}

  start(call: Call, listener: CallListener): RunningCall {
    const child = this.free.pop() ?? this.create();
    return child.run(call, listener, () => this.free.push(child));
  }

  async close(): Promise<void> {
    for (const child of this.all) child.kill();
    await Promise.all([...this.all].map((child) => child.gone));
  }

  private create(): TaskProcess {
    const child = new TaskProcess(this.tasksModule, this.limits);
    this.all.add(child);
    void child.gone.then(() => {
      this.all.delete(child);
      const index = this.free.indexOf(child);
      if (index >= 0) this.free.splice(index, 1);
    });
    return child;
  }
}
