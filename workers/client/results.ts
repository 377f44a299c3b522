import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { TookTooLong, within } from '../broker/deadline';
import { Link } from '../broker/link';
import type { PublisherOptions } from '../broker/publisher';
import { decodeResult, type TaskOutcome } from '../celery/result';
import type { ResultSource } from './job';
import { errorMessage } from '../error-message';
import { LONGEST_TIMER_MS } from '../longest-timer';

/** Outcomes kept for callers that have not asked yet; beyond it the oldest are forgotten. */
const MOST_KEPT = 10_000;
/** The broker drops the queue this long after the client has gone. */
const QUEUE_EXPIRES_MS = 3_600_000;
/** Half of the time that a caller waits for the queue: then there is time for another one. */
const DECLARE_TIMEOUT_MS = 5000;
const NOT_FOUND = 404;
const DELETE_TIMEOUT_MS = 1000;

/** The results of one client, wherever they come from. */
export interface ClientResults extends ResultSource {
  /** What a message carries as `reply_to`. */
  readonly queue: string | undefined;
  /** Waits until results can arrive. @throws the signal's reason when that comes first */
  ready(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Receives results over `rpc://`: workers send them to one queue of this client, named in every message. The queue is durable and outlives
 * a lost connection, so results that come meanwhile are not lost; an exclusive or auto-delete one would go with the connection. It is
 * classic by name, because a quorum queue for each client would be a Raft group for each client.
 */
export class Results implements ClientResults {
  private queueName: string = randomUUID();
  private readonly link: Link;
  private readonly log: Logger;
  private readonly kept = new Map<string, TaskOutcome>();
  private readonly waiting = new Map<string, Set<(outcome: TaskOutcome | undefined) => void>>();
  private connection: ChannelModel | undefined;

  constructor(options: PublisherOptions) {
    this.log = options.log;
    this.link = new Link({ ...options, name: `${options.name} results`, setup: (connection) => this.setup(connection) });
  }

  /** Name of the queue: what a message carries as `reply_to`. Another one takes its place when the node that holds it is away. */
  get queue(): string {
    return this.queueName;
  }

  async ready(signal: AbortSignal): Promise<void> {
    this.link.start();
    await this.link.ready(signal);
  }

  async outcome(taskId: string, timeoutSeconds: number): Promise<TaskOutcome | undefined> {
    const kept = this.kept.get(taskId);
    if (kept) return kept;
    const waiters = this.waiting.get(taskId) ?? new Set();
    this.waiting.set(taskId, waiters);
    return new Promise((resolve) => {
      const settle = (outcome: TaskOutcome | undefined): void => {
        clearTimeout(timer);
        waiters.delete(settle);
        if (waiters.size === 0) this.waiting.delete(taskId);
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(undefined), Math.min(timeoutSeconds * 1000, LONGEST_TIMER_MS));
      waiters.add(settle);
    });
  }

  async status(taskId: string): Promise<string> {
    return this.kept.get(taskId)?.status ?? 'PENDING';
  }

  async stop(): Promise<void> {
    // A node that is cut off from the others does not answer.
    await within(DELETE_TIMEOUT_MS, this.deleteQueue(), 'deleting the results queue').catch(() => undefined);
    await this.link.stop();
  }

  private async setup(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => this.log.warn({ error: error.message }, 'the broker closed the results channel'));
    channel.on('close', () => this.link.abandon('results channel closed'));
    await this.declareQueue(channel);
    await channel.consume(this.queue, (message) => this.receive(message), { noAck: true });
    this.connection = connection;
  }

  /**
   * A classic queue lives on one node. While that is away the broker refuses to declare the queue, or does not answer at all, and the
   * client could send nothing; so the next attempt takes a queue on another node. Results on their way to the old one are lost.
   */
  private async declareQueue(channel: Channel): Promise<void> {
    const options = { durable: true, arguments: { 'x-queue-type': 'classic', 'x-expires': QUEUE_EXPIRES_MS } };
    try {
      await within(DECLARE_TIMEOUT_MS, channel.assertQueue(this.queueName, options), 'declaring the results queue');
    } catch (error) {
      if (error instanceof TookTooLong || (error as { code?: number }).code === NOT_FOUND) this.queueName = randomUUID();
      throw error;
    }
  }

  private receive(message: ConsumeMessage | null): void {
    if (!message) {
      this.link.abandon('the results queue is gone');
      return;
    }
    try {
      const result = decodeResult(message.content);
      if (result) this.settle(result.id, result.outcome);
    } catch (error) {
      this.log.warn({ error: errorMessage(error) }, 'unreadable result dropped');
    }
  }

  private settle(taskId: string, outcome: TaskOutcome): void {
    this.kept.set(taskId, outcome);
    const oldest = this.kept.keys().next();
    if (this.kept.size > MOST_KEPT && !oldest.done) this.kept.delete(oldest.value);
    for (const settle of this.waiting.get(taskId) ?? []) settle(outcome);
  }

  private async deleteQueue(): Promise<void> {
    if (!this.link.up || !this.connection) return;
    // Best effort: the queue expires by itself.
    await this.connection
      .createChannel()
      .then((channel) => {
        // What goes wrong comes as a rejection; an 'error' without a listener would end the program.
        channel.on('error', () => undefined);
        return channel.deleteQueue(this.queue);
      })
      .catch(() => undefined);
  }
}
