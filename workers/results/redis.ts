import type { Logger } from 'pino';
import type { TaskMessage } from '../celery/message';
import { isOutcome, type ResultBackend, type TaskState } from './backend';
import type { RedisConnection, RedisOptions } from './redis-connection';
import { RedisLink } from './redis-link';
import { encodeStored, keyOf, statusOf } from './stored';

export interface RedisBackendOptions extends RedisOptions {
  /** Seconds until Redis forgets a state; 0: never. Celery's `result_expires`. */
  readonly expireSeconds: number;
  readonly name: string;
  readonly log: Logger;
}

/** Results in Redis, as Celery's own backend keeps them: its clients and workers read and write the same. */
export class RedisBackend implements ResultBackend {
  private readonly link: RedisLink;

  constructor(private readonly options: RedisBackendOptions) {
    this.link = new RedisLink(options);
  }

  start(): void {
    this.link.start();
  }

  /**
   * An outcome is tried for 10 s. Progress is tried once: what comes after it is more worth knowing, and an attempt made later could
   * overtake that. On one connection nothing overtakes anything: Redis answers in order.
   */
  async store(message: TaskMessage, state: TaskState): Promise<void> {
    const write = (connection: RedisConnection) => this.write(connection, message, state);
    await (isOutcome(state) ? this.link.persist(write) : this.link.attempt(write));
  }

  async status(taskId: string): Promise<string | undefined> {
    const stored = await this.link.persist(async (connection) => connection.get(keyOf(taskId)));
    return stored === null ? undefined : statusOf(stored);
  }

  async stop(): Promise<void> {
    await this.link.stop();
  }

  /** A success is never overwritten, so an attempt whose answer was lost may be made again. */
  private async write(connection: RedisConnection, message: TaskMessage, state: TaskState): Promise<void> {
    const { expireSeconds } = this.options;
    const key = keyOf(message.id);
    if (hasSucceeded(await connection.get(key))) return;
    const text = encodeStored(message, state, new Date());
    const change = connection.multi();
    await (expireSeconds > 0 ? change.setEx(key, expireSeconds, text) : change.set(key, text)).publish(key, text).exec();
  }
}

function hasSucceeded(stored: string | null): boolean {
  try {
    return stored !== null && statusOf(stored) === 'SUCCESS';
  } catch {
    // What nobody can read is of no use to anybody.
    return false;
  }
}
