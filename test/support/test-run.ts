import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, type MarkedProcess, processesWith } from './process-table';

/** Environment variable of everything a test run starts. */
export const RUN_MARK = 'WARREN_TEST_RUN';

/** Begins with the number of jest's process, so that others can tell when the run is over. */
export function newRunId(): string {
  return `${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** The run this process belongs to. */
export function currentRun(): string {
  return process.env[RUN_MARK] ?? `${process.pid}-alone`;
}

/** Beginning of the names of a run's folders and network namespaces. */
export function folderPrefix(run: string): string {
  return `warren-${run}-`;
}

/** The run that a folder or namespace with such a name belongs to; empty for other names. */
export function runOf(name: string): string {
  return /^warren-(\d+-\w+)-/.exec(name)?.[1] ?? '';
}

/** Whether the jest of that run has ended without tidying up. */
export function isAbandoned(run: string): boolean {
  try {
    process.kill(Number.parseInt(run, 10), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Kills the processes of runs and returns them. Jest's own processes, which inherit the mark, are none of them. */
export async function killProcessesOf(isMeant: (run: string) => boolean): Promise<MarkedProcess[]> {
  const all = await processesWith(RUN_MARK);
  const left = all.filter(
    ({ pid, command, mark }) => isMeant(mark) && pid !== process.pid && !command.includes('jest-worker/build/workers/'),
  );
  for (const { pid } of left) kill(pid);
  return left;
}

/** Removes the folders of runs. */
export async function removeFoldersOf(isMeant: (run: string) => boolean, parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const left = names.filter((name) => isMeant(runOf(name)));
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}
