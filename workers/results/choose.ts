import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { credentialsFrom } from '../broker/credentials';
import type { Publisher } from '../broker/publisher';
import type { RedisConfig } from '../config';
import type { ResultBackend } from './backend';
import { RedisBackend } from './redis';
import type { RedisOptions } from './redis-connection';
import { RpcBackend } from './rpc';

/** The result backend of a worker: Redis if it has one, else `rpc://`. */
export function resultBackend(redis: RedisConfig | undefined, publisher: Publisher, name: string, log: Logger): ResultBackend {
  if (!redis) return new RpcBackend(publisher);
  return new RedisBackend({ ...redisOptions(redis), expireSeconds: redis.expireSeconds, name: `${name} results`, log });
}

/** How to reach a Redis whose login lies in the files of a folder: a mounted Secret. */
export function redisOptions({ url, credentials }: RedisConfig): RedisOptions {
  if (credentials === undefined) return { url };
  return { url, credentials: credentialsFrom(credentials), certificateAuthority: async () => ifThere(join(credentials, 'ca.crt')) };
}

async function ifThere(file: string): Promise<string | undefined> {
  return existsSync(file) ? readFile(file, 'utf8') : undefined;
}
