import { setTimeout } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { errorMessage } from '../error-message';
import { backoffMilliseconds } from './backoff';
import { ConfirmingChannel, type Envelope, Unsettled } from './confirming-channel';
import type { CredentialsSource } from './credentials';
import { TookTooLong, within } from './deadline';
import { Link, type LinkFigures, type LinkStatus } from './link';
import { PublishError } from './publish-error';
import { Window } from './window';

export type { Envelope } from './confirming-channel';
export { PublishError, type PublishErrorCode } from './publish-error';

export interface PublisherOptions {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly virtualHost: string;
  readonly credentials: CredentialsSource;
  /** See `LinkOptions`. @default - no TLS */
  readonly tlsCa?: string;
  readonly log: Logger;
  /**
   * Largest body, in bytes; a larger one is refused without being sent. The broker's own limit is `max_message_size`.
   * @default 16 MiB - RabbitMQ's own default
   */
  readonly maxMessageBytes?: number;
  /** Opens more channels on each new connection; must not throw. */
  readonly onConnection?: (connection: ChannelModel) => Promise<void>;
}

/** Unconfirmed messages at once: also the most that a lost connection can duplicate. */
const WINDOW = 100;
/** In all, over all attempts. */
const PUBLISH_TIMEOUT_MS = 10_000;
/** A cut-off node may accept a connection and then open no channel. */
const CHANNEL_TIMEOUT_MS = 5000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Publishes with confirms. The broker closes the channel of a message it cannot take, and with it those that are under way; so every
 * exchange has a channel of its own, and what was under way on a closed one is sent again alone.
 */
export class Publisher {
  private readonly link: Link;
  private connection: ChannelModel | undefined;
  /** By exchange. */
  private readonly channels = new Map<string, Promise<ConfirmingChannel>>();
  private readonly window = new Window(WINDOW);
  /** Why the last attempt of any message failed. */
  private lastError: string | undefined;

  constructor(private readonly options: PublisherOptions) {
    this.link = new Link({ ...options, setup: (connection) => this.setup(connection) });
  }

  get status(): LinkStatus {
    return this.link.status;
  }

  get figures(): LinkFigures {
    return this.link.figures;
  }

  start(): void {
    this.link.start();
  }

  /**
   * Resolves when the message is accepted: confirmed and not returned. A lost connection is survived by sending again, so a message may
   * be stored twice.
   * @throws PublishError within 10 s
   */
  async publish(envelope: Envelope): Promise<void> {
    this.checkSize(envelope);
    this.link.start();
    const deadline = AbortSignal.timeout(PUBLISH_TIMEOUT_MS);
    const progress = { sent: false, alone: false };
    for (let attempt = 0; !deadline.aborted; attempt++) {
      try {
        await this.attempt(envelope, progress, deadline);
        return;
      } catch (error) {
        if (error instanceof PublishError) throw error;
        if (deadline.aborted) break;
        this.lastError = errorMessage(error);
        if (error instanceof Unsettled) progress.alone ||= error.suspect;
        // Also keeps a channel that fails at once from being tried without a pause.
        await setTimeout(backoffMilliseconds(attempt), undefined, { signal: deadline }).catch(() => undefined);
      }
    }
    throw this.tooLate(progress.sent);
  }

  async stop(): Promise<void> {
    await this.link.stop();
  }

  private async attempt(envelope: Envelope, progress: { sent: boolean; readonly alone: boolean }, deadline: AbortSignal): Promise<void> {
    await this.window.enter(deadline);
    try {
      await this.link.writable(deadline);
      const channel = await (progress.alone ? this.open() : this.channelOf(envelope.exchange));
      progress.sent = true;
      await channel.publish(envelope, deadline).finally(() => (progress.alone ? void channel.close() : undefined));
    } finally {
      this.window.leave();
    }
  }

  private async setup(connection: ChannelModel): Promise<void> {
    this.connection = connection;
    this.channels.clear();
    // Results go there; and a connection that opens no channel is none.
    await this.channelOf('');
    await this.options.onConnection?.(connection);
  }

  private channelOf(exchange: string): Promise<ConfirmingChannel> {
    const existing = this.channels.get(exchange);
    if (existing) return existing;
    const opening = this.open();
    this.channels.set(exchange, opening);
    const forget = (): void => {
      if (this.channels.get(exchange) === opening) this.channels.delete(exchange);
    };
    opening.then((channel) => channel.closed).then(forget, forget);
    return opening;
  }

  private async open(): Promise<ConfirmingChannel> {
    if (!this.connection) throw new Error('no connection');
    try {
      const channel = await within(CHANNEL_TIMEOUT_MS, this.connection.createConfirmChannel(), 'opening a channel');
      channel.on('error', (error: Error) => {
        this.options.log.warn({ link: this.options.name, error: error.message }, 'the broker closed the publishing channel');
      });
      return new ConfirmingChannel(channel, {
        blocked: () => this.link.status.state === 'blocked',
        onSilent: () => this.link.abandon('no confirm in time'),
      });
    } catch (error) {
      if (error instanceof TookTooLong) this.link.abandon(error.message);
      throw error;
    }
  }

  private checkSize({ content }: Envelope): void {
    const most = this.options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    if (content.length > most) {
      throw new PublishError(
        'invalid',
        `a body of ${content.length} bytes is over the limit of ${most}: pass a reference to the data instead`,
      );
    }
  }

  private tooLate(sent: boolean): PublishError {
    const { state, reason } = this.link.status;
    const seconds = `${PUBLISH_TIMEOUT_MS / 1000} s`;
    if (state === 'blocked' && !sent) {
      return new PublishError('blocked', `not sent within ${seconds}: the broker takes no messages for now (${reason})`);
    }
    const hint = reason ?? this.lastError ?? `brokers: ${this.options.hosts.join(', ')}`;
    return new PublishError('timeout', `${sent ? 'not accepted' : 'not sent'} within ${seconds} (${hint})`);
  }
}
