import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import type { Logger } from 'pino';
import { backoffMilliseconds } from './backoff';
import type { CredentialsSource } from './credentials';
import { errorMessage } from '../error-message';
import { tlsOptions } from './tls';

export interface LinkOptions {
  /** What the connection is for; stands in the broker's list of connections and in the log. */
  readonly name: string;
  /** `host:port` of the nodes; tried in turn, beginning with a random one. */
  readonly hosts: readonly string[];
  readonly virtualHost: string;
  readonly credentials: CredentialsSource;
  /** Speak TLS and trust this: path of a PEM file, or `'system'`; see `tlsOptions`. @default - no TLS */
  readonly tlsCa?: string;
  readonly log: Logger;
  /**
   * Builds everything that lives on a connection: channels, consumers. Runs again after each reconnect.
   * When it throws, the connection is closed and tried again later.
   */
  readonly setup: (connection: ChannelModel) => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
/** A dead peer is noticed within two to three of these. */
const HEARTBEAT_SECONDS = 10;
/** A broker that takes longer to build channels and consumers is as good as away: cut-off nodes accept connections and then hang. */
const SETUP_TIMEOUT_MS = 10_000;

/**
 * A connection that comes back: one loop connects to one node after the other, sets up, waits until the connection is gone, and begins
 * again. Nothing of an old connection survives into a new one.
 */
export class Link {
  private connection: ChannelModel | undefined;
  private stopping = false;
  private readonly abort = new AbortController();
  // Every publish that waits for the connection listens.
  private readonly events = new EventEmitter().setMaxListeners(0);
  private running: Promise<void> | undefined;

  constructor(private readonly options: LinkOptions) {}

  /** Whether the connection stands and is set up. */
  get up(): boolean {
    return this.connection !== undefined;
  }

  start(): void {
    this.running ??= this.run();
  }

  /**
   * Waits until the connection stands.
   * @throws the signal's reason when that comes first
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (!this.up) await once(this.events, 'up', { signal });
  }

  /** Gives up the present connection, for instance because its node does not answer; the loop goes on with the next one. */
  abandon(reason: string): void {
    const connection = this.connection;
    if (!connection || this.stopping) return;
    this.options.log.warn({ link: this.options.name, reason }, 'leaving the broker node');
    destroy(connection);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.abort.abort();
    if (this.connection) await closeOrDestroy(this.connection);
    await this.running;
  }

  private async run(): Promise<void> {
    const { hosts, log, name } = this.options;
    let next = Math.floor(Math.random() * hosts.length);
    for (let attempt = 0; !this.stopping; attempt++) {
      const host = hosts[next++ % hosts.length] as string;
      try {
        await this.serve(host, () => {
          attempt = 0;
        });
      } catch (error) {
        if (!this.stopping) log.warn({ link: name, host, error: errorMessage(error) }, 'no connection to the broker');
      }
      if (!this.stopping) await setTimeout(backoffMilliseconds(attempt), undefined, { signal: this.abort.signal }).catch(() => undefined);
    }
  }

  /** Connects, sets up and returns when the connection is gone. */
  private async serve(host: string, onUp: () => void): Promise<void> {
    const connection = await this.connect(host);
    const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
    // A listener is needed: an 'error' without one would end the process. What follows it is 'close'.
    connection.on('error', (error) => {
      if (error !== ABANDONED) this.options.log.warn({ link: this.options.name, host, error: error.message }, 'connection lost');
    });
    try {
      const lost = closed.then(() => {
        throw new Error('connection lost while setting up');
      });
      await within(SETUP_TIMEOUT_MS, Promise.race([this.options.setup(connection), lost]), 'setting up');
    } catch (error) {
      await closeOrDestroy(connection);
      throw error;
    }
    if (this.stopping) {
      await closeOrDestroy(connection);
      return;
    }
    this.connection = connection;
    void closed.then(() => {
      this.connection = undefined;
    });
    onUp();
    this.options.log.info({ link: this.options.name, host }, 'connected');
    this.events.emit('up');
    await closed;
  }

  private async connect(host: string): Promise<ChannelModel> {
    const { username, password } = await this.options.credentials();
    const [hostname, port] = splitHost(host);
    const { tlsCa } = this.options;
    const tls = tlsCa === undefined ? undefined : await tlsOptions(tlsCa);
    return connect(
      {
        protocol: tls ? 'amqps' : 'amqp',
        hostname,
        port,
        username,
        password,
        vhost: this.options.virtualHost,
        heartbeat: HEARTBEAT_SECONDS,
      },
      // Without noDelay a request and its answer wait for Nagle's algorithm: 25 ms instead of 0.6 ms for a round trip.
      { timeout: CONNECT_TIMEOUT_MS, noDelay: true, keepAlive: true, clientProperties: { connection_name: this.options.name }, ...tls },
    );
  }
}

function splitHost(host: string): [hostname: string, port: number] {
  const colon = host.lastIndexOf(':');
  return [host.slice(0, colon).replace(/^\[|\]$/g, ''), Number(host.slice(colon + 1))];
}

/** Takes leave, but not for long: a node that is cut off from the others does not answer. */
async function closeOrDestroy(connection: ChannelModel): Promise<void> {
  await within(1000, connection.close(), 'closing').catch(() => destroy(connection));
}

const ABANDONED = new Error('abandoned');

/** Ends a connection without asking the other side, which may not answer. */
function destroy(connection: ChannelModel): void {
  (connection.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(ABANDONED);
}

export class TookTooLong extends Error {}

/** @throws TookTooLong when the work takes longer */
export async function within<T>(milliseconds: number, work: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const late = setTimeout(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new TookTooLong(`${what} took over ${milliseconds} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
