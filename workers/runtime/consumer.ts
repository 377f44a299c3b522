import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { Publisher } from '../broker/publisher';
import { Rejected } from '../celery/message';
import type { Queue, Topology } from '../topology';
import type { Executor } from './executor';
import { errorMessage } from '../error-message';

export interface ConsumerOptions {
  readonly topology: Topology;
  readonly queues: readonly Queue[];
  readonly concurrency: number;
  readonly executor: Executor;
  /** Takes dead letters to their queue. */
  readonly publisher: Publisher;
  readonly log: Logger;
  /** Called when the broker ends a consumer or the channel; the connection must be set up again. */
  readonly onLost: (reason: string) => void;
}

/**
 * Takes messages and gives each exactly one end: acked when its task has ended, dead-lettered with a reason when it can never run, or
 * handed back. Acks go to the channel a message came from and to no other: the broker has redelivered it once that channel is gone.
 */
export class Consumer {
  private channel: Channel | undefined;
  private consumerTags: string[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly unsettled = new Map<ConsumeMessage, Channel>();
  private readonly drain = new AbortController();

  constructor(private readonly options: ConsumerOptions) {}

  /** Messages being worked on. */
  get active(): number {
    return this.running.size;
  }

  /**
   * Consumes on a new connection.
   * @throws Error when a queue does not exist
   */
  async setup(connection: ChannelModel): Promise<void> {
    const { queues, concurrency, log, onLost } = this.options;
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => log.warn({ error: error.message }, 'the broker closed the consuming channel'));
    channel.on('close', () => {
      if (!this.drain.signal.aborted) onLost('consuming channel closed');
    });
    // Per consumer: RabbitMQ 4.3 knows no other kind, and quorum queues never did.
    await channel.prefetch(concurrency, false);
    // Queues come from the declaration; a worker that made a missing one up would make it without its policy and dead-letter queue.
    for (const queue of queues) await channel.checkQueue(queue.name);
    this.channel = channel;
    this.consumerTags = [];
    for (const queue of queues) {
      const { consumerTag } = await channel.consume(queue.name, (message) => this.receive(channel, queue, message));
      this.consumerTags.push(consumerTag);
    }
  }

  /** Takes no more messages and hands back those that have not started. */
  async stopConsuming(): Promise<void> {
    this.drain.abort(new Error('draining'));
    const channel = this.channel;
    if (channel) await Promise.all(this.consumerTags.map((tag) => channel.cancel(tag))).catch(() => undefined);
  }

  /** Resolves when everything under way has ended. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** Hands back everything unfinished. `nack` and not `reject`: it does not count towards the delivery limit (RabbitMQ 4.3). */
  handBack(): number {
    for (const [message, channel] of this.unsettled) settle(() => channel.nack(message, false, true));
    const count = this.unsettled.size;
    this.unsettled.clear();
    return count;
  }

  /**
   * Closes the channel and waits for the broker's word. What was acked before has then arrived; closing the connection right away could
   * overtake the last acks, and finished tasks would run again.
   */
  async close(): Promise<void> {
    await this.channel?.close().catch(() => undefined);
  }

  private receive(channel: Channel, queue: Queue, message: ConsumeMessage | null): void {
    if (!message) {
      // The queue was deleted, or a task ran longer than the consumer timeout.
      this.options.onLost(`the broker ended the consumer of queue "${queue.name}"`);
      return;
    }
    this.unsettled.set(message, channel);
    const work = this.process(channel, queue, message).finally(() => {
      this.unsettled.delete(message);
      this.running.delete(work);
    });
    this.running.add(work);
  }

  private async process(channel: Channel, queue: Queue, message: ConsumeMessage): Promise<void> {
    const { executor, log } = this.options;
    const end = (settleMessage: () => void): void => {
      // Handed back already, by a drain that ran out of time.
      if (this.unsettled.has(message)) settle(settleMessage);
    };
    try {
      this.drain.signal.throwIfAborted();
      const { content, properties, fields } = message;
      const { exchange, routingKey, redelivered } = fields;
      await executor.execute({ content, properties, exchange, routingKey, redelivered }, this.drain.signal);
      end(() => channel.ack(message));
    } catch (error) {
      if (this.drain.signal.aborted && !(error instanceof Rejected)) {
        end(() => channel.nack(message, false, true));
        return;
      }
      const reason = error instanceof Rejected ? error : new Rejected('internal-error', errorMessage(error));
      log.warn({ queue: queue.name, reason: reason.reason, error: reason.message }, 'message dead-lettered');
      const copied = await this.deadLetter(queue, message, reason);
      end(() => (copied ? channel.ack(message) : channel.reject(message, false)));
    }
  }

  /**
   * Puts a copy with the reason in its headers into the dead-letter queue. When that fails the caller rejects the message instead, and
   * the broker moves it there by policy, without a reason.
   */
  private async deadLetter(queue: Queue, { content, properties }: ConsumeMessage, error: Rejected): Promise<boolean> {
    const headers = {
      ...properties.headers,
      'x-reject-reason': error.reason,
      'x-reject-detail': error.message.slice(0, 1000),
      'x-reject-queue': queue.name,
    };
    // Its time to live is over: a dead letter waits until somebody looks.
    const { expiration: _, ...kept } = properties;
    try {
      await this.options.publisher.publish({
        exchange: this.options.topology.deadLetterExchange,
        routingKey: queue.deadLetterQueue,
        content,
        properties: { ...kept, headers },
        persistent: true,
      });
      return true;
    } catch (failure) {
      this.options.log.error({ queue: queue.name, error: errorMessage(failure) }, 'no copy with a reason');
      return false;
    }
  }
}

/** On a channel that is gone there is nothing to say: the broker has taken the message back already. */
function settle(say: () => void): void {
  try {
    say();
  } catch {
    // amqplib throws IllegalOperationError on a closed channel.
  }
}
