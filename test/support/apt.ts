import { withLock } from './cache';
import { run } from './processes';

/** Whether this machine is a Debian (or a child of it) on which we may install packages. */
export async function canInstallPackages(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return run(['apt-get', '--version']).then(
    () => true,
    () => false,
  );
}

/** Installs Debian packages; root only. The lock keeps several preparations from meeting in apt, which does not wait. */
export async function installPackages(...packages: readonly string[]): Promise<void> {
  await withLock('apt', async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update'], { env });
    await run(['apt-get', 'install', '-y', '--no-install-recommends', ...packages], { env });
  });
}

/** The Debian mirror this machine is configured for. @throws Error when apt names none */
export async function debianMirror(): Promise<string> {
  const targets = await run(['apt-get', 'indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages']);
  const mirror = /^Debian (\S+)$/m.exec(targets)?.[1];
  if (mirror === undefined) throw new Error("apt's configuration names no Debian mirror: add one to /etc/apt/sources.list.d");
  return mirror;
}
