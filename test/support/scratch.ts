import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_MARK } from './process-table';
import { INSTALLATION_VARIABLE, type NodeInstallation, type RabbitmqInstallation } from './rabbitmq-installation';

/** A folder of one broker node. */
export interface ScratchFolder {
  /** Path for the tests. */
  readonly outside: string;
  /** Path of the same folder for the node, which may run in a chroot. */
  readonly inside: string;
}

export async function scratchFolder(installation: NodeInstallation): Promise<ScratchFolder> {
  const { root, temporary } = places(installation);
  const outside = await mkdtemp(join(root, temporary, prefix(process.env[RUN_MARK] ?? `${process.pid}`)));
  await chmod(outside, 0o711);
  return { outside, inside: outside.slice(root.length) };
}

/** Removes what tests of this run left behind, for example when their hooks failed. */
export async function removeLeftovers(run: string): Promise<void> {
  const known = process.env[INSTALLATION_VARIABLE];
  const installation = known === undefined ? undefined : (JSON.parse(known) as RabbitmqInstallation);
  if (!installation || installation.kind === 'external') return;
  const { root, temporary } = places(installation);
  const parent = join(root, temporary);
  const left = (await readdir(parent)).filter((name) => name.startsWith(prefix(run)));
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

function prefix(run: string): string {
  return `warren-${run}-`;
}

function places(installation: NodeInstallation): { root: string; temporary: string } {
  return installation.kind === 'debootstrap' ? { root: installation.root, temporary: '/tmp' } : { root: '', temporary: tmpdir() };
}
