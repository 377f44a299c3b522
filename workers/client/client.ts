import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import type { CredentialsSource } from '../broker/credentials';
import { Publisher, PublishError } from '../broker/publisher';
import { argumentBytes, encodeTask } from '../celery/message';
import type { SendOptions, Task } from '../task';
import type { RedisOptions } from '../results/redis-connection';
import { queueOf, type Topology } from '../topology';
import { Job } from './job';
import { RedisResults } from './redis-results';
import { type ClientResults, Results } from './results';

export interface ClientOptions {
  /** `host:port` of the broker's nodes. */
  readonly hosts: readonly string[];
  readonly credentials: CredentialsSource;
  readonly topology: Topology;
  /**
   * Where workers put results; they must be told the same.
   * @default - `rpc://`: they send them to this client, and nobody else can ask for them
   */
  readonly results?: { readonly redis: RedisOptions } | undefined;
  /**
   * Shown in the broker's list of connections.
   * @default 'warren client'
   */
  readonly name?: string;
  /** @default - warnings to standard error */
  readonly log?: Logger;
}

/** Seconds to wait for the results queue before a task is sent. */
const READY_TIMEOUT_MS = 10_000;

/** Sends tasks and receives their results. Connects at the first call; two connections, because publishing may be blocked by the broker. */
export class Client {
  private readonly publisher: Publisher;
  private readonly results: ClientResults;

  constructor(private readonly options: ClientOptions) {
    const log = options.log ?? pino({ level: 'warn' }, pino.destination(2));
    const link = { ...options, name: options.name ?? 'warren client', virtualHost: options.topology.virtualHost, log };
    this.publisher = new Publisher(link);
    this.results = options.results ? new RedisResults({ ...options.results.redis, name: link.name, log }) : new Results(link);
  }

  /**
   * Sends a task. Resolves when the broker has accepted it: confirmed and routed to a queue.
   * @throws PublishError within 20 s, with a code that says whether the task may have been stored
   */
  async send<A extends readonly unknown[], R>(task: Task<A, R>, args: A, options: SendOptions = {}): Promise<Job<R>> {
    const { topology } = this.options;
    const queue = options.queue ?? queueOf(topology, task.name, task.options.queue, argumentBytes(args));
    const ignoreResult = options.ignoreResult ?? task.options.ignoreResult ?? false;
    if (!ignoreResult) await this.resultsReady();
    const id = randomUUID();
    const priority = options.priority ?? topology.queues.find((each) => each.name === queue)?.priority ?? 0;
    const message = encodeTask(task.name, args, { id, priority, ignoreResult, replyTo: ignoreResult ? undefined : this.results.queue });
    await this.publisher.publish({ exchange: topology.exchange, routingKey: queue, persistent: true, ...message });
    return new Job<R>(id, queue, ignoreResult ? undefined : this.results);
  }

  /**
   * A task that another program sent, by its id (Celery's `AsyncResult`). Its result is there until it expires.
   * @throws Error when results are not kept: over `rpc://` only the sender gets them
   */
  result<R = unknown>(taskId: string): Job<R> {
    if (!this.options.results) {
      throw new Error('results go over rpc:// to their senders and are kept nowhere: give the client and the workers a Redis to ask by id');
    }
    return new Job<R>(taskId, undefined, this.results);
  }

  /** Closes all connections; results over `rpc://` that have not come are lost. */
  async close(): Promise<void> {
    await Promise.all([this.publisher.stop(), this.results.stop()]);
  }

  private async resultsReady(): Promise<void> {
    try {
      await this.results.ready(AbortSignal.timeout(READY_TIMEOUT_MS));
    } catch {
      const hosts = this.options.hosts.join(', ');
      throw new PublishError('timeout', `not sent: no connection for results within ${READY_TIMEOUT_MS / 1000} s (brokers: ${hosts})`);
    }
  }
}
