import { readdir, readFile } from 'node:fs/promises';
import { waitUntil } from './wait-until';

/** Environment variable of everything a test run starts. */
export const RUN_MARK = 'WARREN_TEST_RUN';

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Processes that were started with this environment variable. Unlike parents and process groups, the environment also finds daemons
 * (epmd) and what a killed parent left behind. Empty where there is no /proc.
 */
export async function processesWith(name: string, value: string): Promise<RunningProcess[]> {
  const entries = await readdir('/proc').catch(() => []);
  const found = entries
    .filter((entry) => /^\d+$/.test(entry))
    .map(async (entry): Promise<RunningProcess[]> => {
      const environment = await procFile(entry, 'environ');
      if (!environment.includes(`${name}=${value}`)) return [];
      return [{ pid: Number(entry), command: (await procFile(entry, 'cmdline')).join(' ').trim() }];
    });
  return (await Promise.all(found)).flat();
}

/** Parents of this process, up to the first. */
export async function ancestors(): Promise<number[]> {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1; pid = await parentOf(pid)) pids.push(pid);
  return pids;
}

/** Kills all of them and waits until they are gone. */
export async function killProcessesWith(name: string, value: string): Promise<void> {
  await waitUntil(
    async () => {
      const left = await processesWith(name, value);
      for (const { pid } of left) kill(pid);
      return left.length === 0;
    },
    { what: `end of the processes with ${name}=${value}` },
  );
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The fields of a file that separates them by zero bytes; none when the process is gone or not ours to look at. */
async function procFile(pid: string, file: 'environ' | 'cmdline'): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  return text.split('\0');
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}
