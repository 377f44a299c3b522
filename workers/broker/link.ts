import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import type { Logger } from 'pino';
import { errorMessage } from '../error-message';
import { adviceFor } from './advice';
import { backoffMilliseconds } from './backoff';
import { Connection } from './connection';
import type { CredentialsSource } from './credentials';
import { within } from './deadline';
import { tlsOptions } from './tls';
import { tolerateUnreadableHeaders } from './unreadable-headers';

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

/**
 * - `connecting`: no connection, or one that is not set up yet
 * - `up`: connected and set up
 * - `blocked`: the same, but the broker is short of memory or disk and takes no messages
 * - `stopped`: for good
 */
export type LinkState = 'connecting' | 'up' | 'blocked' | 'stopped';

export interface LinkStatus {
  readonly state: LinkState;
  /** The node of the connection, while there is one. */
  readonly host?: string | undefined;
  /** Why there is no connection, or why it is blocked. */
  readonly reason?: string | undefined;
}

/** What metrics show of a connection. */
export interface LinkFigures {
  readonly up: boolean;
  /** Whether the broker takes no messages on it. */
  readonly blocked: boolean;
  /** Connections after the first one. */
  readonly reconnects: number;
}

const CONNECT_TIMEOUT_MS = 5000;
/** Beyond the library's own: name lookups and handshakes that trickle in are part of a connect, too. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A dead peer is noticed within two to three of these. */
const HEARTBEAT_SECONDS = 10;
/** A broker that takes longer to build channels and consumers is as good as away: cut-off nodes accept connections and then hang. */
const SETUP_TIMEOUT_MS = 10_000;
/** A connection that ends sooner counts as a failed attempt, or one that always ends at once would be made again without a pause. */
const STABLE_MS = 1000;
/** The same failure of the same host is logged no more often. */
const REPEAT_LOG_MS = 30_000;

/**
 * A connection that comes back: one loop connects to one node after the other, sets up, waits until the connection is gone, and begins
 * again. Nothing of an old connection survives into a new one.
 */
export class Link {
  private connection: Connection | undefined;
  private connections = 0;
  private lastError: string | undefined;
  private readonly abort = new AbortController();
  // Every publish that waits for the connection listens.
  private readonly events = new EventEmitter().setMaxListeners(0);
  private running: Promise<void> | undefined;
  private said: LinkStatus = { state: 'connecting' };
  private readonly complaints = new Map<string, { readonly error: string; readonly at: number }>();

  constructor(private readonly options: LinkOptions) {}

  /** Whether the connection stands and is set up. */
  get up(): boolean {
    return this.connection !== undefined;
  }

  get status(): LinkStatus {
    if (this.abort.signal.aborted) return { state: 'stopped' };
    if (!this.connection) return { state: 'connecting', reason: this.lastError };
    const { host, blocked } = this.connection;
    return blocked === undefined ? { state: 'up', host } : { state: 'blocked', host, reason: blocked };
  }

  get figures(): LinkFigures {
    const { up, connections } = this;
    return { up, blocked: this.status.state === 'blocked', reconnects: Math.max(0, connections - 1) };
  }

  start(): void {
    this.running ??= this.run();
  }

  /**
   * Waits until the connection stands.
   * @throws the signal's reason when that comes first
   */
  async ready(signal: AbortSignal): Promise<void> {
    while (!this.up) await once(this.events, 'change', { signal });
  }

  /**
   * Waits until the connection stands and the broker takes messages on it.
   * @throws the signal's reason when that comes first
   */
  async writable(signal: AbortSignal): Promise<void> {
    while (this.status.state !== 'up') await once(this.events, 'change', { signal });
  }

  /** Gives up the present connection, for instance because its node does not answer; the loop goes on with the next one. */
  abandon(reason: string): void {
    const { connection } = this;
    // A connection that ends tells its channels first; it is gone by then, and for a better reason than theirs.
    setImmediate(() => {
      if (!connection || connection !== this.connection || this.stopping) return;
      this.options.log.warn({ link: this.options.name, host: connection.host, reason }, 'leaving the broker node');
      connection.leave(reason);
    });
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.connection?.close();
    await this.running;
    this.changed();
  }

  private get stopping(): boolean {
    return this.abort.signal.aborted;
  }

  private async run(): Promise<void> {
    const { hosts } = this.options;
    let next = Math.floor(Math.random() * hosts.length);
    let failures = 0;
    while (!this.stopping) {
      const stood = await this.attempt(hosts[next++ % hosts.length] as string);
      failures = stood >= STABLE_MS ? 0 : failures + 1;
      await setTimeout(backoffMilliseconds(failures), undefined, { signal: this.abort.signal }).catch(() => undefined);
    }
  }

  /** One connection, from the attempt to its end. @returns how long it stood, in milliseconds */
  private async attempt(host: string): Promise<number> {
    try {
      const connection = await this.connect(host);
      try {
        await this.setUp(connection);
        return await this.serve(connection);
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (!this.stopping) this.complain(host, errorMessage(error));
      return 0;
    }
  }

  private async setUp(connection: Connection): Promise<void> {
    const lost = connection.gone.then((reason) => {
      throw new Error(`connection lost while setting up: ${reason}`);
    });
    await within(SETUP_TIMEOUT_MS, Promise.race([this.options.setup(connection.model), lost]), 'setting up', this.abort.signal);
  }

  private async serve(connection: Connection): Promise<number> {
    const since = performance.now();
    this.connection = connection;
    this.connections += 1;
    this.changed();
    this.lastError = await connection.gone;
    this.connection = undefined;
    this.changed();
    return performance.now() - since;
  }

  private async connect(host: string): Promise<Connection> {
    const connecting = this.open(host).then((model) => new Connection(model, host, () => this.changed()));
    try {
      return await within(HANDSHAKE_TIMEOUT_MS, connecting, 'connecting', this.abort.signal);
    } catch (error) {
      // It may still come about, when nobody waits for it any more.
      connecting.then((late) => late.leave('too late')).catch(() => undefined);
      throw error;
    }
  }

  private async open(host: string): Promise<ChannelModel> {
    const { username, password } = await this.options.credentials();
    const [hostname, port] = splitHost(host);
    const { tlsCa } = this.options;
    const tls = tlsCa === undefined ? undefined : await tlsOptions(tlsCa);
    const model = await connect(
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
    tolerateUnreadableHeaders(model);
    return model;
  }

  /** Logs the state if it is another one, and wakes who waits for it. */
  private changed(): void {
    const { log, name } = this.options;
    const { state, host, reason } = this.status;
    if (state !== this.said.state) {
      const line = { link: name, state, host: host ?? this.said.host, ...(reason !== undefined && { reason, advice: adviceFor(reason) }) };
      if (state === 'blocked') log.warn(line, 'the broker takes no messages for now');
      else if (state === 'connecting') log.warn(line, 'connection lost');
      else if (state === 'stopped') log.info(line, 'connection stopped');
      else log.info(line, this.said.state === 'blocked' ? 'the broker takes messages again' : 'connected');
    }
    this.said = { state, host, reason };
    this.events.emit('change');
  }

  private complain(host: string, error: string): void {
    this.lastError = error;
    const last = this.complaints.get(host);
    if (last?.error === error && performance.now() - last.at < REPEAT_LOG_MS) return;
    this.complaints.set(host, { error, at: performance.now() });
    this.options.log.warn(
      { link: this.options.name, state: 'connecting', host, error, advice: adviceFor(error) },
      'no connection to the broker',
    );
  }
}

function splitHost(host: string): [hostname: string, port: number] {
  const colon = host.lastIndexOf(':');
  return [host.slice(0, colon).replace(/^\[|\]$/g, ''), Number(host.slice(colon + 1))];
}
