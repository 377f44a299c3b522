import type { ChannelModel } from 'amqplib';
import { within } from './deadline';

const CLOSE_TIMEOUT_MS = 1000;

/** One connection from the end of its handshake to its own end. */
export class Connection {
  /** Resolves with the reason when the connection has ended, by whomever. */
  readonly gone: Promise<string>;
  /** Why the broker takes no messages on it right now. */
  private blockedFor: string | undefined;
  private end: (reason: string) => void = () => undefined;
  private ended = false;

  constructor(
    readonly model: ChannelModel,
    readonly host: string,
    private readonly onChange: () => void,
  ) {
    this.gone = new Promise((resolve) => {
      this.end = (reason) => {
        this.ended = true;
        resolve(reason);
      };
    });
    // A listener is needed: an 'error' without one would end the process. It comes before its 'close', which knows less.
    model.on('error', (error: Error) => this.end(error.message));
    model.on('close', (error?: Error) => this.end(error?.message ?? 'closed'));
    model.on('blocked', (reason: string) => this.block(reason));
    model.on('unblocked', () => this.block(undefined));
  }

  get blocked(): string | undefined {
    return this.blockedFor;
  }

  /** Ends it without asking the other side, which may not answer. */
  leave(reason: string): void {
    // First, because a connection that has ended already says nothing any more.
    this.end(reason);
    (this.model.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(new Error(reason));
  }

  /** Takes leave, but not for long: a node that is cut off from the others does not answer. */
  async close(): Promise<void> {
    if (this.ended) return;
    await within(CLOSE_TIMEOUT_MS, this.model.close(), 'closing').catch(() => this.leave('closed'));
  }

  private block(reason: string | undefined): void {
    this.blockedFor = reason;
    this.onChange();
  }
}
