import { ancestors, kill, processesWith, RUN_MARK } from './process-table';
import { removeLeftovers } from './scratch';

/**
 * Fails the run when a test left a process behind: a worker that does not end is a bug that the next run would stumble over.
 * Jest exits with 1 when its global teardown throws.
 */
export default async function globalTeardown(): Promise<void> {
  const run = process.env[RUN_MARK];
  if (run === undefined) return;
  const own = new Set([process.pid, ...(await ancestors())]);
  const left = (await processesWith(RUN_MARK, run)).filter(({ pid, command }) => !own.has(pid) && !isTestWorker(command));
  for (const { pid } of left) kill(pid);
  await removeLeftovers(run);
  if (left.length === 0) return;
  const names = left.map(({ pid, command }) => `\n  ${pid} ${command}`).join('');
  throw new Error(`${left.length} process${left.length === 1 ? '' : 'es'} outlived the tests (now killed):${names}`);
}

/** Jest's own worker processes have inherited the mark. */
function isTestWorker(command: string): boolean {
  return command.includes('jest-worker/build/workers/processChild.js');
}
