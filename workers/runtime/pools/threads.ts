import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { errorMessage } from '../../error-message';
import type { Verdict } from '../verdict';
import type { Call, CallListener, Pool, RunningCall } from './pool';
import type { ThreadCall, ThreadMessage } from './thread';

/** Threads for tasks that compute, so that the event loop stays free for heartbeats, probes and the other tasks. */
export class ThreadPool implements Pool {
  private pool: Piscina | undefined;

  constructor(
    /** Module that declares the tasks; each thread loads it, too. */
    private readonly tasksModule: string,
    private readonly concurrency: number,
  ) {}

  start(call: Call, listener: CallListener): RunningCall {
    const { port1: ours, port2: theirs } = new MessageChannel();
    ours.on('message', (message: ThreadMessage) => {
      if (message.kind === 'progress') listener.progress(message.meta);
      else listener.log(message.level, message.fields, message.text);
    });
    const killed = new AbortController();
    const running = this.threads().run({ ...call, port: theirs } satisfies ThreadCall, {
      transferList: [theirs],
      signal: killed.signal,
    }) as Promise<Verdict>;
    return {
      verdict: running.catch((error: unknown): Verdict => ({ kind: 'lost', detail: errorMessage(error) })).finally(() => ours.close()),
      stop: (reason) => ours.postMessage(reason),
      kill: () => {
        killed.abort();
        return true;
      },
    };
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }

  private threads(): Piscina {
    this.pool ??= new Piscina({
      filename: join(__dirname, 'thread.js'),
      workerData: { tasksModule: this.tasksModule },
      minThreads: 0,
      maxThreads: Math.min(this.concurrency, availableParallelism()),
      idleTimeout: 30_000,
    });
    return this.pool;
  }
}
