import type { Logger } from 'pino';
import type { LinkFigures } from '../broker/link';
import type { TaskMessage } from '../celery/message';
import { encodeResult } from '../celery/result';
import { isOutcome, type ResultBackend, type TaskState, type Told } from './backend';
import type { RedisConnection, RedisOptions } from './redis-connection';
import { RedisLink } from './redis-link';
import { keyOf, statusOf } from './stored';

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

  get figures(): LinkFigures {
    return this.link.figures;
  }

  start(): void {
    this.link.start();
  }

  /**
   * An outcome is tried for 10 s. Progress is tried once: what comes after it is more worth knowing, and an attempt made later could
   * overtake that. On one connection nothing overtakes anything: Redis answers in order.
   */
  async store<S extends TaskState>(message: TaskMessage, state: S): Promise<Told<S>> {
    const { content, told } = encodeResult(message, state, new Date());
    const write = (connection: RedisConnection) => this.write(connection, message.id, content.toString());
    await (isOutcome(state) ? this.link.persist(write) : this.link.attempt(write));
    return told;
  }

  async status(taskId: string): Promise<string | undefined> {
    const stored = await this.link.persist(async (connection) => connection.get(keyOf(taskId)));
    return stored === null ? undefined : statusOf(stored);
  }

  async stop(): Promise<void> {
    await this.link.stop();
  }

  /** A success is never overwritten, so an attempt whose answer was lost may be made again. */
  private async write(connection: RedisConnection, id: string, text: string): Promise<void> {
    const { expireSeconds } = this.options;
    const key = keyOf(id);
    if (hasSucceeded(await connection.get(key))) return;
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
