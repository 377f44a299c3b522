import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Files } from './rendered-pod';

/** Lays a volume out as the kubelet does: files are links through `..data`, which is replaced when the volume changes. */
export async function mountVolume(path: string, files: Files): Promise<void> {
  await mkdir(path, { recursive: true });
  const names = Object.keys(files);
  if (names.length === 0) return;
  const version = `..${Date.now()}`;
  await mkdir(join(path, version));
  await Promise.all(names.map((name) => writeFile(join(path, version, name), files[name] ?? '')));
  await relink(version, join(path, '..data'));
  await Promise.all(names.map((name) => relink(join('..data', name), join(path, name))));
}

/** Empties a folder. */
export async function emptyFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
}

/** Writes a file and the folders above it. */
export async function writeFileAt(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function relink(target: string, path: string): Promise<void> {
  // Renamed into place: who reads meanwhile sees the old file or the new one.
  await symlink(target, `${path}.new`);
  await rename(`${path}.new`, path);
}
