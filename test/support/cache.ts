import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** For what takes a minute to make and serves every run. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'warren-tests');

/** Written last into a finished folder. It holds the recipe, so that a changed recipe builds again. */
const MARKER = '.complete';

export interface CachedFolder {
  readonly name: string;
  /** What the folder is made from: versions, package names, steps. */
  readonly recipe: string;
  readonly build: (folder: string) => Promise<void>;
}

/** A folder that is built once on this machine: by one run at a time, and again if a build was cut short. */
export async function cached({ name, recipe, build }: CachedFolder): Promise<string> {
  const folder = join(CACHE, name);
  if (await isComplete(folder, recipe)) return folder;
  return withLock(name, async () => {
    if (await isComplete(folder, recipe)) return folder;
    await rm(folder, { recursive: true, force: true });
    await inform(`preparing ${name} in ${CACHE}`, () => build(folder));
    await writeFile(join(folder, MARKER), recipe);
    return folder;
  });
}

/** Runs work while no other process on this machine holds the lock of that name. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(CACHE, { recursive: true });
  // The holder ends with its input: the lock is free again however this process ends.
  const holder = spawn('flock', [join(CACHE, `${name}.lock`), 'sh', '-c', 'echo held && exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const ended = once(holder, 'exit').then(() => Promise.reject(new Error(`flock could not lock ${name} in ${CACHE}`)));
    await Promise.race([once(holder.stdout, 'data'), ended]);
    return await work();
  } finally {
    holder.stdin.end();
  }
}

/** Says on stderr what takes its time, and how long it took. */
export async function inform<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  process.stderr.write(`tests: ${what} ...\n`);
  const result = await work();
  process.stderr.write(`tests: ${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

async function isComplete(folder: string, recipe: string): Promise<boolean> {
  return (await readFile(join(folder, MARKER), 'utf8').catch(() => undefined)) === recipe;
}
