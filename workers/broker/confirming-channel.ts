import { randomUUID } from 'node:crypto';
import { type ConfirmChannel, IllegalOperationError, type Options } from 'amqplib';
import type { MessageProperties } from '../celery/message';
import { printable } from '../celery/printable';
import { stoodStill } from './deadline';
import { PublishError, Unwritable } from './publish-error';

export interface Envelope {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: MessageProperties;
  /** Whether the message survives a restart of the broker. */
  readonly persistent: boolean;
}

/** An attempt whose outcome is unknown because its connection or channel went away; it may be made again. */
export class Unsettled extends Error {
  constructor(
    message: string,
    /** Whether the broker closed the channel because of this message, or of another one that was under way with it. */
    readonly suspect: boolean,
  ) {
    super(message);
  }
}

/** A broker node that confirms nothing for so long is left for another one; heartbeats would notice much later, or never. */
const CONFIRM_TIMEOUT_MS = 5000;

/** In AMQP. */
const LONGEST_KEY = 255;

/** What the channel needs to know of its connection. */
export interface Surroundings {
  /** Whether the broker takes no messages right now. */
  blocked(): boolean;
  /** No confirm came in time. */
  onSilent(): void;
}

/**
 * A channel that knows the end of every message. A confirm alone says only that the broker has dealt with a message, perhaps by dropping
 * it; so every message is mandatory, and *accepted* means confirmed and not returned.
 */
export class ConfirmingChannel {
  readonly closed: Promise<void>;
  /** Messages that the broker has not answered. */
  private underWay = 0;
  /** Ids of the messages that came back since they were sent. */
  private readonly returned = new Set<string>();
  private closedBy: { readonly error: Error; readonly suspects: number } | undefined;

  constructor(
    private readonly channel: ConfirmChannel,
    private readonly surroundings: Surroundings,
  ) {
    this.closed = new Promise((resolve) => channel.once('close', () => resolve()));
    channel.on('error', (error: Error) => (this.closedBy = { error, suspects: this.underWay }));
    channel.on('return', (message: { properties: { messageId?: string } }) => this.returned.add(message.properties.messageId ?? ''));
  }

  /**
   * Resolves when the message is accepted.
   * @throws PublishError when it is not, and never will be
   * @throws Unsettled when nobody knows
   * @throws the signal's reason when that comes first
   */
  publish({ exchange, routingKey, content, properties, persistent }: Envelope, deadline: AbortSignal): Promise<void> {
    const messageId = randomUUID();
    // The queue of an answer is what anybody sent.
    const key = printable(routingKey, LONGEST_KEY);
    const target = exchange === '' ? `queue "${key}"` : `exchange "${exchange}" with routing key "${key}"`;
    const options: Options.Publish = { ...properties, messageId, persistent, mandatory: true };
    return new Promise((resolve, reject) => {
      const stopWaiting = this.expectConfirm();
      const late = (): void => end(deadline.reason);
      const end = (error?: unknown): void => {
        stopWaiting();
        deadline.removeEventListener('abort', late);
        if (error === undefined) resolve();
        else reject(error);
      };
      deadline.addEventListener('abort', late);
      try {
        this.channel.publish(exchange, routingKey, content, options, (error: Error | null) => {
          this.underWay -= 1;
          // A return arrives before the confirm of its message.
          const returned = this.returned.delete(messageId);
          if (error?.message === 'message nacked') {
            end(new PublishError('refused', `the broker refused a message for ${target}; its queue may be full`));
          } else if (error) end(this.unsettled(error, target));
          else if (returned) end(new PublishError('unroutable', `no queue takes messages for ${target}`));
          else end();
        });
        this.underWay += 1;
      } catch (error) {
        end(error instanceof IllegalOperationError ? new Unsettled(error.message, false) : unsendable(error, target));
      }
    });
  }

  async close(): Promise<void> {
    try {
      await this.channel.close();
    } catch {
      // It has closed already, or its connection has.
    }
  }

  /** The broker does not say which message made it close a channel. Alone on its channel, a message is known by it. */
  private unsettled(error: Error, target: string): Error {
    if (!this.closedBy) return new Unsettled(error.message, false);
    const { error: cause, suspects } = this.closedBy;
    if (suspects > 1) return new Unsettled(cause.message, true);
    return new PublishError('invalid', `the broker cannot take a message for ${target}: ${cause.message}`);
  }

  /** @returns ends the expectation */
  private expectConfirm(): () => void {
    let due = performance.now() + CONFIRM_TIMEOUT_MS;
    const timer = setTimeout(() => {
      if (!this.surroundings.blocked() && !stoodStill(due)) {
        this.surroundings.onSilent();
        return;
      }
      due = performance.now() + CONFIRM_TIMEOUT_MS;
      timer.refresh();
    }, CONFIRM_TIMEOUT_MS);
    return () => clearTimeout(timer);
  }
}

function unsendable(error: unknown, target: string): PublishError {
  return new Unwritable(`a message for ${target} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
}
