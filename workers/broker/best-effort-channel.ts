import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { errorMessage } from '../error-message';
import type { EncodedMessage } from '../celery/control';
import { reopenLater } from './reopen-later';

export interface BestEffortOptions {
  /** What it carries, for the log. */
  readonly name: string;
  readonly log: Logger;
  /** Declares what it publishes to; runs again for each channel. */
  readonly declare: (channel: Channel) => Promise<void>;
  /** Called when messages can be sent (again). */
  readonly onOpen?: () => void;
}

/**
 * A channel for messages that are of use only now, such as events: not confirmed, and dropped, not kept, while the broker is away or takes
 * nothing. An error of this channel is an error of nothing else: it opens another one.
 */
export class BestEffortChannel {
  private channel: Channel | undefined;
  /** The broker takes no messages, for want of memory or disk. */
  private blocked = false;
  /** The socket takes no more: what is published now would pile up in memory. */
  private full = false;

  constructor(private readonly options: BestEffortOptions) {}

  /** Opens on a new connection. Never throws: whoever owns the connection has other things to do with it. */
  async attach(connection: ChannelModel): Promise<void> {
    this.blocked = false;
    connection.on('blocked', () => (this.blocked = true));
    connection.on('unblocked', () => (this.blocked = false));
    await this.open(connection);
  }

  /** @returns whether the message is on its way; `false` when it was dropped */
  publish(exchange: string, routingKey: string, { content, properties }: EncodedMessage): boolean {
    if (!this.channel || this.blocked || this.full) return false;
    try {
      this.full = !this.channel.publish(exchange, routingKey, content, { ...properties, persistent: false });
      return true;
    } catch {
      // amqplib throws on a channel that has just closed.
      return false;
    }
  }

  /** Resolves when the broker has what was sent; closing the connection right away could overtake it. */
  async close(): Promise<void> {
    await this.channel?.close().catch(() => undefined);
  }

  private async open(connection: ChannelModel): Promise<void> {
    const { name, log, declare, onOpen } = this.options;
    try {
      const channel = await connection.createChannel();
      channel.on('error', (error: Error) => log.warn({ channel: name, error: error.message }, 'the broker closed a channel'));
      channel.on('drain', () => (this.full = false));
      channel.on('close', () => {
        if (this.channel === channel) this.channel = undefined;
        reopenLater(connection, () => this.open(connection));
      });
      await declare(channel);
      this.channel = channel;
      this.full = false;
      onOpen?.();
    } catch (error) {
      log.warn({ channel: name, error: errorMessage(error) }, 'no channel');
    }
  }
}
