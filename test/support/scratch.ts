import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RabbitmqInstallation } from './rabbitmq-installation';
import { currentRun, folderPrefix } from './test-run';

/** A folder of one broker node. */
export interface ScratchFolder {
  /** Path for the tests. */
  readonly outside: string;
  /** Path of the same folder for the node, which may run in a chroot. */
  readonly inside: string;
}

export async function scratchFolder(installation: RabbitmqInstallation): Promise<ScratchFolder> {
  const { root, temporary } = places(installation);
  const outside = await mkdtemp(join(root, temporary, folderPrefix(currentRun())));
  await chmod(outside, 0o711);
  return { outside, inside: outside.slice(root.length) };
}

/** Where the scratch folders lie, for the tests. */
export function scratchParent(installation: RabbitmqInstallation): string {
  const { root, temporary } = places(installation);
  return join(root, temporary);
}

function places(installation: RabbitmqInstallation): { root: string; temporary: string } {
  return installation.kind === 'debootstrap' ? { root: installation.root, temporary: '/tmp' } : { root: '', temporary: tmpdir() };
}
