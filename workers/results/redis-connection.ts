import type { CredentialsSource } from '../broker/credentials';

/** A Redis, or a Valkey, that keeps results: version 6 or later. */
export interface RedisOptions {
  /** `redis://host:port/database`, or `rediss://` for TLS; without user and password. */
  readonly url: string;
  /**
   * Asked for at every connect, so that a rotated password is used without a restart.
   * @default - no login
   */
  readonly credentials?: CredentialsSource | undefined;
  /**
   * Certificate, in PEM, of the authority that has signed Redis' own; read at every connect.
   * @default - those that Node trusts
   */
  readonly certificateAuthority?: (() => Promise<string | undefined>) | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;
const DEFAULT_PORT = 6379;

export type RedisConnection = Awaited<ReturnType<typeof openRedis>>['connection'];

/** One connection, logged in. It does not come back by itself: `closed` resolves when it is gone. */
export async function openRedis(options: RedisOptions, name: string) {
  // Loaded here, because it takes 18 MB and a tenth of a second in every thread and child process of a worker, which never connect.
  const { createClient } = await import('@redis/client');
  const [login, ca] = await Promise.all([options.credentials?.(), options.certificateAuthority?.()]);
  const { protocol, hostname, port, pathname } = new URL(options.url);
  const connection = createClient({
    socket: {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || DEFAULT_PORT,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: false,
      ...(protocol === 'rediss:' && { tls: true as const, ...(ca !== undefined && { ca }) }),
    },
    ...(login && { username: login.username, password: login.password }),
    database: Number(pathname.slice(1)),
    // Redis takes no blanks in it.
    name: name.replaceAll(/\s+/g, '-'),
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
  const closed = new Promise<void>((resolve) => {
    // A listener is needed: an 'error' without one would end the process. After any error this connection is given up.
    connection.on('error', () => resolve()).on('end', () => resolve());
  });
  // A Redis that takes the connection and then says nothing would hold up the login for ever.
  const late = setTimeout(() => connection.destroy(), CONNECT_TIMEOUT_MS);
  try {
    await connection.connect();
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return { connection, closed };
}

/** Whether Redis has answered, with an error: a permission that is missing, no memory left. */
export async function isRefusal(error: unknown): Promise<boolean> {
  const { ErrorReply } = await import('@redis/client');
  return error instanceof ErrorReply;
}
