import { join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Logger } from 'pino';
import { errorMessage } from '../../error-message';
import type { Verdict } from '../verdict';
import { exitedPrematurely, forward, type Message, unpack } from './messages';
import type { Call, CallListener, Pool, RecycleLimits, RunningCall } from './pool';
import type { ThreadCall, ThreadSetup } from './thread';

export interface ThreadPoolOptions {
  /** Module that declares the tasks; each thread loads it, too. */
  readonly tasksModule: string;
  /**
   * Threads at most: as many as tasks run at once. With fewer, messages would wait for a thread while the broker's consumer timeout and the
   * pod's grace period, which are made for one run, go by.
   */
  readonly size: number;
  readonly limits: RecycleLimits;
  /** Largest heap of a thread. */
  readonly heapMib: number | undefined;
  readonly log: Pick<Logger, 'error'>;
}

/** How long a thread without tasks is kept. */
const IDLE_MS = 30_000;

/** Threads for tasks that compute, so that the event loop stays free for heartbeats, probes and the other tasks. */
export class ThreadPool implements Pool {
  private pool: Piscina | undefined;

  constructor(private readonly options: ThreadPoolOptions) {}

  start({ facts, args }: Call, listener: CallListener): RunningCall {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const ending = new AbortController();
    const verdict = new Promise<Verdict>((resolve) => {
      const hear = (message: Message): void => {
        if (message.kind !== 'ended') {
          forward(message, listener);
          return;
        }
        ours.close();
        // Ending its call is how Piscina ends a thread.
        if (message.spent) ending.abort();
        resolve(unpack(message.verdict));
      };
      ours.on('message', hear);
      this.threads()
        .run({ facts, args, port: theirs } satisfies ThreadCall, { transferList: [theirs], signal: ending.signal })
        .catch((error: unknown) => {
          hearRest(ours, hear);
          ours.close();
          resolve(exitedPrematurely(errorMessage(error)));
        });
    });
    return {
      verdict,
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
      stop: (reason) => ours.postMessage(reason),
      kill: () => {
        ending.abort();
        return true;
      },
    };
  }

  async close(): Promise<void> {
    await this.pool?.destroy();
  }

  private threads(): Piscina {
    this.pool ??= this.createPool();
    return this.pool;
  }

  private createPool(): Piscina {
    const { tasksModule, size, limits, heapMib, log } = this.options;
    const pool = new Piscina({
      filename: join(__dirname, 'thread.js'),
      workerData: { tasksModule, limits } satisfies ThreadSetup,
      minThreads: 0,
      maxThreads: size,
      idleTimeout: IDLE_MS,
      // Between its tasks a thread's event loop turns on: connections that its tasks keep stay alive.
      atomics: 'disabled',
      ...(heapMib === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMib } }),
    });
    // A thread that cannot start leaves its calls waiting: they are given up, and the next call starts afresh. One that dies between two
    // tasks leaves none.
    pool.on('error', (error) => {
      log.error({ error: errorMessage(error), stack: error instanceof Error ? error.stack : undefined }, 'a thread without a task died');
      if (pool.queueSize === 0) return;
      if (this.pool === pool) this.pool = undefined;
      void pool.destroy();
    });
    return pool;
  }
}

/** What a thread said before it died counts. */
function hearRest(port: MessagePort, hear: (message: Message) => void): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) hear(next.message as Message);
}
