import { CREDENTIAL_KEYS, type SecretDeclaration } from '../workers/secrets/secret';
import { destination, type NetworkDestination } from './network-policy-options';
import { flag, integer, objectName, optional, type Rule, shape, text } from './rules';

/** A Redis or Valkey that you run: nothing of it is rendered. */
export interface RedisResultsOptions {
  /** Host name or address, without a port. */
  readonly host: string;
  /** @default 6379 */
  readonly port?: number;
  /**
   * Encrypt the connection. An authority of your own is trusted when its certificate is in the Secret, under the key `ca.crt`.
   * @default false
   */
  readonly tls?: boolean;
  /**
   * Name of the Secret with the keys `username` (`default`, unless you made a user) and `password`, in the namespace of the task system.
   * Workers read it again at every connect.
   */
  readonly secret: string;
  /**
   * Number of the database.
   * @default 0
   */
  readonly database?: number;
  /**
   * Seconds until a result is forgotten; 0: never. Celery's `result_expires`.
   * @default 86400
   */
  readonly expireSeconds?: number;
  /**
   * Where the NetworkPolicy lets workers connect to. Its `ports` are those of the pods, if a Service in front of them has another one.
   * @default - anywhere on `port`: a NetworkPolicy cannot hold the name of a host
   */
  readonly network?: NetworkDestination;
}

/** Where the results of tasks go. */
export interface ResultsOptions {
  /** They are kept in Redis, for whoever knows a task's id. */
  readonly redis: RedisResultsOptions;
}

export const REDIS_DEFAULTS = { port: 6379, tls: false, database: 0 } as const;

/** The address as workers take it. */
export function redisUrl({ host, port = REDIS_DEFAULTS.port, tls, database = REDIS_DEFAULTS.database }: RedisResultsOptions): string {
  return `${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

/** Only the owner of the Redis knows what is in it. */
export function redisSecret({ secret }: RedisResultsOptions): SecretDeclaration {
  return { name: secret, keys: { [CREDENTIAL_KEYS.username]: 'given', [CREDENTIAL_KEYS.password]: 'given' } };
}

const host: Rule = text(
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|(?=.*:)[0-9a-fA-F:.]+)$/,
  'must be a host name or address, without scheme, user and port',
  'write it like "redis.shop.svc" and give the port beside it',
);

export const resultsShape: Rule = shape<ResultsOptions>({
  redis: shape<RedisResultsOptions>({
    host,
    port: optional(integer(1, 65_535)),
    tls: optional(flag),
    secret: objectName('a Secret'),
    database: optional(integer(0, 9999)),
    expireSeconds: optional(integer(0, 315_360_000, 'seconds')),
    network: optional(destination),
  }),
});
