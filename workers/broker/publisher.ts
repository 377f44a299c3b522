import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import type { Logger } from 'pino';
import type { MessageProperties } from '../celery/message';
import type { CredentialsSource } from './credentials';
import { Link } from './link';
import { Window } from './window';

/**
 * Why a message was not accepted:
 * - `unroutable`: no queue is bound for it (or its queue does not exist); nothing was stored.
 * - `refused`: the broker said no, for instance because the queue is full; nothing was stored.
 * - `timeout`: no answer in time. It may have been stored; sending again may run it twice.
 */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly code: 'unroutable' | 'refused' | 'timeout',
    message: string,
  ) {
    super(message);
  }
}

export interface PublisherOptions {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly virtualHost: string;
  readonly credentials: CredentialsSource;
  readonly log: Logger;
  /** Opens more channels on each new connection; must not throw. */
  readonly onConnection?: (connection: ChannelModel) => Promise<void>;
}

export interface Envelope {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: MessageProperties;
  /** Whether the message survives a restart of the broker. */
  readonly persistent: boolean;
}

/** Unconfirmed messages at once: also the most that a lost connection can duplicate. */
const WINDOW = 100;
/** A broker node that confirms nothing for so long is left for another one; heartbeats would notice much later, or never. */
const CONFIRM_TIMEOUT_MS = 5000;
/** In all, over all attempts. */
const PUBLISH_TIMEOUT_MS = 10_000;

/** An attempt whose outcome is unknown because its connection went away; it may be made again on the next one. */
class ConnectionLost extends Error {}

/**
 * Publishes with confirms. A confirm alone says only that the broker has dealt with a message, perhaps by dropping it; so every message is
 * mandatory, and *accepted* means confirmed and not returned.
 */
export class Publisher {
  private readonly link: Link;
  private channel: ConfirmChannel | undefined;
  private readonly window = new Window(WINDOW);
  /** Ids of the messages that came back since they were sent. */
  private readonly returned = new Set<string>();
  /** Why the broker last closed the channel: a permission, a missing exchange. */
  private lastError: string | undefined;

  constructor(private readonly options: PublisherOptions) {
    this.link = new Link({ ...options, setup: (connection) => this.setup(connection) });
  }

  start(): void {
    this.link.start();
  }

  /**
   * Resolves when the message is accepted. A lost connection is survived by sending again, so a message may be stored twice.
   * @throws PublishError within 10 s
   */
  async publish(envelope: Envelope): Promise<void> {
    this.link.start();
    const deadline = AbortSignal.timeout(PUBLISH_TIMEOUT_MS);
    while (!deadline.aborted) {
      try {
        await this.window.enter(deadline);
      } catch {
        break;
      }
      try {
        await this.link.ready(deadline);
        return await this.attempt(envelope);
      } catch (error) {
        if (!(error instanceof ConnectionLost) && !deadline.aborted) throw error;
      } finally {
        this.window.leave();
      }
    }
    const hint = this.lastError ?? `brokers: ${this.options.hosts.join(', ')}`;
    throw new PublishError('timeout', `not accepted within ${PUBLISH_TIMEOUT_MS / 1000} s (${hint})`);
  }

  async stop(): Promise<void> {
    await this.link.stop();
  }

  private async setup(connection: ChannelModel): Promise<void> {
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error: Error) => {
      this.lastError = error.message;
      this.options.log.warn({ link: this.options.name, error: error.message }, 'the broker closed the publishing channel');
    });
    channel.on('close', () => {
      if (this.channel === channel) this.channel = undefined;
      this.link.abandon('publishing channel closed');
    });
    channel.on('return', (message: { properties: { messageId?: string } }) => this.returned.add(message.properties.messageId ?? ''));
    this.channel = channel;
    await this.options.onConnection?.(connection);
  }

  private attempt({ exchange, routingKey, content, properties, persistent }: Envelope): Promise<void> {
    const channel = this.channel;
    if (!channel) return Promise.reject(new ConnectionLost('no channel'));
    const messageId = randomUUID();
    const target = exchange === '' ? `queue "${routingKey}"` : `exchange "${exchange}" with routing key "${routingKey}"`;
    const options: Options.Publish = { ...properties, messageId, persistent, mandatory: true };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.link.abandon('no confirm in time'), CONFIRM_TIMEOUT_MS);
      channel.publish(exchange, routingKey, content, options, (error: Error | null) => {
        clearTimeout(timer);
        // A return arrives before the confirm of its message.
        const returned = this.returned.delete(messageId);
        if (error?.message === 'message nacked') reject(new PublishError('refused', `the broker refused a message for ${target}`));
        else if (error) reject(new ConnectionLost(error.message));
        else if (returned) reject(new PublishError('unroutable', `no queue takes messages for ${target}`));
        else resolve();
      });
    });
  }
}
