import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import type { CredentialsSource } from '../broker/credentials';
import { Publisher, PublishError } from '../broker/publisher';
import { DELAYED_DELIVERY_ENTRY, delayedRoutingKey } from '../celery/delayed-delivery';
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
  /**
   * Speak TLS, and trust the certificate authorities in this PEM file, which is read again at each connect; `'system'` are those that
   * Node.js trusts by itself. The name in `hosts` must be in the broker's certificate.
   * @default - no TLS
   */
  readonly tlsCa?: string;
  readonly topology: Topology;
  /**
   * Chooses the queue of a call by its arguments; asked before the routes of the topology, which go on where it gives `undefined`.
   * @default - the topology's routes
   */
  readonly route?: (task: string, args: readonly unknown[]) => string | undefined;
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

/** To wait for the results queue before a task is sent: time for a node that accepts a connection and then hangs, and for the next one. */
const READY_TIMEOUT_MS = 15_000;

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
   * @throws PublishError within 25 s, with a code that says whether the task may have been stored; EncodeError when an argument cannot be sent
   */
  async send<A extends readonly unknown[], R>(task: Task<A, R>, args: A, options: SendOptions = {}): Promise<Job<R>> {
    const given = withoutTrailingUndefined(args);
    const queue = this.queueOf(task, given, options);
    const ignoreResult = options.ignoreResult ?? task.options.ignoreResult ?? false;
    if (!ignoreResult) await this.resultsReady();
    const id = options.id ?? randomUUID();
    const eta = timeOf(options.eta, options.delaySeconds);
    const message = encodeTask(task.name, given, {
      id,
      kwargs: options.kwargs,
      priority: options.priority ?? this.priorityOf(queue),
      ignoreResult,
      replyTo: ignoreResult ? undefined : this.results.queue,
      eta,
      expires: timeOf(options.expires, options.expiresSeconds),
      timeLimit: options.hardTimeLimitSeconds,
      softTimeLimit: options.softTimeLimitSeconds,
      headers: options.headers,
      compression: options.compression,
      argsrepr: options.shown,
    });
    await this.publisher.publish({ ...this.addressOf(queue, options, eta), persistent: true, ...message });
    return new Job<R>(id, queue, ignoreResult ? undefined : this.results);
  }

  private queueOf(
    task: Pick<Task, 'name' | 'options'>,
    args: readonly unknown[],
    { queue, topic, broadcast, kwargs }: SendOptions,
  ): string {
    const named = [queue, topic, broadcast].filter((each) => each !== undefined);
    if (named.length > 1) throw new TypeError(`a task goes to one of queue, topic and broadcast, not to ${named.join(' and ')}`);
    const { topology, route } = this.options;
    return named[0] ?? route?.(task.name, args) ?? queueOf(topology, task.name, task.options.queue, argumentBytes(args, kwargs));
  }

  private priorityOf(queue: string): number {
    return this.options.topology.queues.find(({ name }) => name === queue)?.priority ?? 0;
  }

  /**
   * Where a message goes. One that has to wait enters the broker's delays, which lead to queues only; those for a topic or a broadcast wait
   * behind it: the workers put them off.
   */
  private addressOf(queue: string, { broadcast, topic }: SendOptions, eta: Date | undefined): { exchange: string; routingKey: string } {
    const { topology } = this.options;
    if (broadcast !== undefined) return { exchange: broadcast, routingKey: '' };
    const seconds = eta ? Math.floor((eta.getTime() - Date.now()) / 1000) : 0;
    if (seconds < 1 || topic !== undefined || !topology.delayedDelivery) return { exchange: topology.exchange, routingKey: queue };
    return { exchange: DELAYED_DELIVERY_ENTRY, routingKey: delayedRoutingKey(seconds, queue) };
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

function timeOf(time: Date | undefined, seconds: number | undefined): Date | undefined {
  return time ?? (seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000));
}

/** An optional parameter that was not given: its default is the function's affair. */
function withoutTrailingUndefined(args: readonly unknown[]): readonly unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length -= 1;
  return args.slice(0, length);
}
