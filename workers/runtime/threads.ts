import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { ThreadCall } from './thread';

/** Threads for tasks that compute, so that the event loop stays free for heartbeats, probes and the other tasks. */
export class Threads {
  private pool: Piscina | undefined;

  constructor(
    /** Module that declares the tasks; each thread loads it, too. */
    private readonly tasksModule: string,
    private readonly concurrency: number,
  ) {}

  run(task: string, args: readonly unknown[]): Promise<unknown> {
    this.pool ??= new Piscina({
      filename: join(__dirname, 'thread.js'),
      workerData: { tasksModule: this.tasksModule },
      minThreads: 0,
      maxThreads: Math.min(this.concurrency, availableParallelism()),
      idleTimeout: 30_000,
    });
    return this.pool.run({ task, args } satisfies ThreadCall);
  }

  async stop(): Promise<void> {
    await this.pool?.destroy();
  }
}
