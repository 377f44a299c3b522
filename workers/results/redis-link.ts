import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { backoffMilliseconds } from '../broker/backoff';
import { TookTooLong, within } from '../broker/deadline';
import type { LinkFigures } from '../broker/link';
import { errorMessage } from '../error-message';
import { openRedis, type RedisConnection, type RedisOptions } from './redis-connection';

export interface RedisLinkOptions extends RedisOptions {
  /** Shown in Redis' list of clients and in the log. */
  readonly name: string;
  readonly log: Logger;
  /** Builds what lives on a connection, such as subscriptions, while that may be used already. Runs again after each reconnect. */
  readonly setup?: (connection: RedisConnection) => Promise<void>;
}

/** A Redis that takes longer for a command is as good as away. */
const ANSWER_TIMEOUT_MS = 2000;
/** In all, over all attempts: as long as the broker gets for a result. */
const RUN_TIMEOUT_MS = 10_000;
/** A Redis that is away does not hold up the end of the process. */
const CLOSE_TIMEOUT_MS = 1000;
/** How often an idle connection is tried: one whose other end vanished says nothing by itself. */
const PING_INTERVAL_MS = 5000;

/** A connection to Redis that comes back, as `Link` does for the broker: nothing of an old one survives into a new one. */
export class RedisLink {
  private connection: RedisConnection | undefined;
  private connections = 0;
  private stopping = false;
  private readonly events = new EventEmitter().setMaxListeners(0);
  private readonly abort = new AbortController();
  private running: Promise<void> | undefined;
  /** Why there is no connection, for errors and so that the log says it once. */
  private trouble = 'not connected yet';

  constructor(private readonly options: RedisLinkOptions) {}

  get up(): boolean {
    return this.connection !== undefined;
  }

  /** Why there is no connection. */
  get reason(): string {
    return this.trouble;
  }

  get figures(): LinkFigures {
    const { up, connections } = this;
    return { up, blocked: false, reconnects: Math.max(0, connections - 1) };
  }

  start(): void {
    this.running ??= this.run();
  }

  /**
   * Does work that may be repeated: attempts follow one another, on the next connection if need be.
   * @throws Error within 10 s
   */
  async persist<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    this.start();
    const deadline = AbortSignal.timeout(RUN_TIMEOUT_MS);
    for (let attempt = 0; !this.stopping; attempt++) {
      try {
        if (!this.up) await once(this.events, 'change', { signal: deadline });
        if (this.up) return await this.attempt(work);
      } catch (error) {
        if (deadline.aborted) throw new Error(`not done by Redis within ${RUN_TIMEOUT_MS / 1000} s: ${this.why(error)}`, { cause: error });
        await setTimeout(backoffMilliseconds(attempt), undefined, { signal: deadline }).catch(() => undefined);
      }
    }
    throw new Error('the connection to Redis is closed');
  }

  /** Does work at once or not at all. @throws Error within 2 s */
  async attempt<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const { connection } = this;
    if (!connection) throw new Error(`no connection to Redis: ${this.trouble}`);
    try {
      return await within(ANSWER_TIMEOUT_MS, work(connection), 'an answer of Redis');
    } catch (error) {
      if (error instanceof TookTooLong) connection.destroy();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.abort.abort();
    this.connection?.destroy();
    this.events.emit('change');
    // An attempt to connect cannot be cut short, and ends by itself.
    if (this.running) await within(CLOSE_TIMEOUT_MS, this.running, 'closing').catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (let attempt = 0; !this.stopping; attempt++) {
      try {
        await this.serve(() => {
          attempt = 0;
        });
        this.complain('connection lost');
      } catch (error) {
        this.complain(reasonOf(error));
      }
      await setTimeout(backoffMilliseconds(attempt), undefined, { signal: this.abort.signal }).catch(() => undefined);
    }
  }

  /** Connects, sets up and returns when the connection is gone. */
  private async serve(onUp: () => void): Promise<void> {
    const { name, log, setup } = this.options;
    const { connection, closed } = await openRedis(this.options, name);
    try {
      if (this.stopping) return;
      // Before it is set up: what is wanted of it meanwhile is not yet part of the setup, and would be forgotten.
      this.connection = connection;
      if (setup) await within(RUN_TIMEOUT_MS, setup(connection), 'setting up');
      this.connections += 1;
      onUp();
      log.info({ link: name, url: this.options.url }, 'connected to Redis');
      this.trouble = '';
      this.events.emit('change');
      const pinging = setInterval(() => void this.attempt(async (each) => each.ping()).catch(() => undefined), PING_INTERVAL_MS);
      await closed.finally(() => clearInterval(pinging));
    } finally {
      this.connection = undefined;
      connection.destroy();
    }
  }

  private complain(reason: string): void {
    if (this.stopping || this.trouble === reason) return;
    this.trouble = reason;
    this.options.log.warn({ link: this.options.name, url: this.options.url, error: reason }, 'no connection to Redis');
  }

  private why(error: unknown): string {
    return this.up ? errorMessage(error) : this.trouble;
  }
}

/** A host name with several addresses fails with one error for all, which has a code and no message. */
function reasonOf(error: unknown): string {
  return errorMessage(error) || String((error as { code?: unknown }).code);
}
