import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { canInstallPackages, installPackages } from './apt';
import { cached } from './cache';
import { note } from './notes';
import { run } from './processes';

export type RedisInstallation =
  /** Path or name of the server program. */
  | { readonly program: string }
  /** Why there is none on this machine. */
  | { readonly missing: string };

/** Set by the global setup: what `findRedis` found, as JSON. */
export const REDIS_VARIABLE = 'WARREN_TEST_REDIS';

/** What the global setup found. */
export function redisInstallation(): RedisInstallation {
  return JSON.parse(process.env[REDIS_VARIABLE] ?? '{"missing":"the global setup did not look for it"}') as RedisInstallation;
}

/** Debian's package redis-server starts a service; redis-tools holds the same program under another name, which the program looks at. */
const DEBIAN_SERVER = '/usr/bin/redis-check-rdb';

/** A Redis or Valkey server of this machine; as root on Debian, Debian's. */
export async function findRedis(): Promise<RedisInstallation> {
  for (const program of ['redis-server', 'valkey-server']) if (await answers(program)) return { program };
  const missing = 'there is neither redis-server nor valkey-server, and only root can install one on Debian';
  if (!existsSync(DEBIAN_SERVER)) {
    if (!(await canInstallPackages())) {
      note(`no tests with Redis: ${missing}`);
      return { missing };
    }
    await installPackages('redis-tools', 'openssl');
  }
  const folder = await cached({ name: 'redis', recipe: DEBIAN_SERVER, build: linkRedis });
  return { program: join(folder, 'redis-server') };
}

async function linkRedis(folder: string): Promise<void> {
  await mkdir(folder);
  const program = join(folder, 'redis-server');
  await symlink(DEBIAN_SERVER, program);
  if (!(await answers(program))) throw new Error("Debian's redis-tools does not hold the server any more: install redis-server");
}

async function answers(program: string): Promise<boolean> {
  return run([program, '--version']).then(
    (version) => version.includes('v='),
    () => false,
  );
}
