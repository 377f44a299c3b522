import type { Logger } from 'pino';
import type { TaskOutcome } from '../celery/result';
import { errorMessage } from '../error-message';
import { Lanes } from './lanes';
import { isRefusal, type RedisConnection, type RedisOptions } from '../results/redis-connection';
import { RedisLink } from '../results/redis-link';
import { keyOf, outcomeOf, statusOf } from '../results/stored';
import type { ClientResults } from './results';
import { LONGEST_TIMER_MS } from '../longest-timer';

/** Somebody who waits for a result. */
interface Waiter {
  readonly resolve: (outcome: TaskOutcome | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Waits for results that workers keep in Redis. Each is subscribed to before it is looked up, so none is missed and none is polled for. */
export class RedisResults implements ClientResults {
  readonly queue = undefined;
  private readonly link: RedisLink;
  private readonly waiting = new Map<string, Set<Waiter>>();
  private readonly lanes = new Lanes();

  constructor(options: RedisOptions & { readonly name: string; readonly log: Logger }) {
    const setup = async (connection: RedisConnection): Promise<void> => {
      await Promise.all([...this.waiting.keys()].map(async (taskId) => this.watch(connection, taskId)));
    };
    this.link = new RedisLink({ ...options, name: `${options.name} results`, setup });
  }

  async ready(): Promise<void> {
    // A task may be sent while Redis is away: its result is looked up when somebody asks for it.
  }

  async outcome(taskId: string, timeoutSeconds: number): Promise<TaskOutcome | undefined> {
    this.link.start();
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      return await new Promise<TaskOutcome | undefined>((resolve, reject) => {
        waiter = { resolve, reject };
        timer = setTimeout(() => this.giveUp({ resolve, reject }), Math.min(timeoutSeconds * 1000, LONGEST_TIMER_MS));
        this.add(taskId, waiter);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) this.remove(taskId, waiter);
    }
  }

  async status(taskId: string): Promise<string> {
    const stored = await this.link.persist(async (connection) => connection.get(keyOf(taskId)));
    return stored === null ? 'PENDING' : statusOf(stored);
  }

  async stop(): Promise<void> {
    await this.link.stop();
  }

  private giveUp({ resolve, reject }: Waiter): void {
    if (this.link.up) resolve(undefined);
    else reject(new Error(`no connection to Redis, where the result would be: ${this.link.reason}`));
  }

  private add(taskId: string, waiter: Waiter): void {
    const waiters = this.waiting.get(taskId);
    waiters?.add(waiter);
    if (waiters) return;
    this.waiting.set(taskId, new Set([waiter]));
    this.onConnection(taskId, async (connection) => this.watch(connection, taskId));
  }

  private remove(taskId: string, waiter: Waiter): void {
    const waiters = this.waiting.get(taskId);
    waiters?.delete(waiter);
    if (waiters?.size !== 0) return;
    this.waiting.delete(taskId);
    this.onConnection(taskId, async (connection) => this.lanes.run(taskId, async () => this.leave(connection, taskId)));
  }

  /** Without a connection there is nothing to do: the next one watches for everybody who waits then. */
  private onConnection(taskId: string, work: (connection: RedisConnection) => Promise<void>): void {
    this.link.attempt(work).catch(async (error: unknown) => {
      if (await isRefusal(error)) this.fail(taskId, errorMessage(error));
    });
  }

  private fail(taskId: string, reason: string): void {
    for (const { reject } of this.waiting.get(taskId) ?? []) reject(new Error(`result of task ${taskId}: ${reason}`));
  }

  /** One after the other with `leave`, which would end the subscription of somebody who asks again. */
  private async watch(connection: RedisConnection, taskId: string): Promise<void> {
    await this.lanes.run(taskId, async () => {
      if (!this.waiting.has(taskId)) return;
      await connection.subscribe(keyOf(taskId), (text) => this.receive(taskId, text));
      const stored = await connection.get(keyOf(taskId));
      if (stored !== null) this.receive(taskId, stored);
    });
  }

  private async leave(connection: RedisConnection, taskId: string): Promise<void> {
    if (!this.waiting.has(taskId)) await connection.unsubscribe(keyOf(taskId));
  }

  private receive(taskId: string, text: string): void {
    try {
      const outcome = outcomeOf(text);
      if (outcome) for (const { resolve } of this.waiting.get(taskId) ?? []) resolve(outcome);
    } catch (error) {
      this.fail(taskId, errorMessage(error));
    }
  }
}
