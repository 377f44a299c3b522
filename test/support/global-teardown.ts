import { removeNamespacesOf } from './network-namespaces';
import { rabbitmqInstallation } from './rabbitmq-installation';
import { scratchParent } from './scratch';
import { killProcessesOf, removeFoldersOf, RUN_MARK } from './test-run';

/**
 * Fails the run when a test left a process behind: a worker that does not end is a bug that the next run would stumble over.
 * Jest exits with 1 when its global teardown throws.
 */
export default async function globalTeardown(): Promise<void> {
  const own = process.env[RUN_MARK];
  if (own === undefined) return;
  const isOwn = (run: string) => run === own;
  const left = await killProcessesOf(isOwn);
  await removeNamespacesOf(isOwn);
  await removeFoldersOf(isOwn, scratchParent(await rabbitmqInstallation()));
  if (left.length === 0) return;
  const names = left.map(({ pid, command }) => `\n  ${pid} ${command}`).join('');
  throw new Error(`${left.length} process${left.length === 1 ? '' : 'es'} outlived the tests (now killed):${names}`);
}
