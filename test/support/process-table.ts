import { readdir, readFile } from 'node:fs/promises';
import { waitUntil } from './wait-until';

export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
  /** Value of the environment variable it was looked for by. */
  readonly mark: string;
}

/**
 * Processes that were started with this environment variable. Unlike parents and process groups, the environment also finds daemons
 * (epmd) and what a killed parent left behind. Empty where there is no /proc.
 */
export async function processesWith(name: string): Promise<MarkedProcess[]> {
  const entries = await readdir('/proc').catch(() => []);
  const found = entries
    .filter((entry) => /^\d+$/.test(entry))
    .map(async (entry): Promise<MarkedProcess[]> => {
      const variable = (await procFile(entry, 'environ')).find((each) => each.startsWith(`${name}=`));
      if (variable === undefined) return [];
      const command = (await procFile(entry, 'cmdline')).join(' ').trim();
      return [{ pid: Number(entry), command, mark: variable.slice(name.length + 1) }];
    });
  return (await Promise.all(found)).flat();
}

/** Kills all that were started with NAME=mark, and waits until they are gone. */
export async function killProcessesWith(name: string, mark: string): Promise<void> {
  await waitUntil(
    async () => {
      const left = (await processesWith(name)).filter((each) => each.mark === mark);
      for (const { pid } of left) kill(pid);
      return left.length === 0;
    },
    { what: `end of the processes with ${name}=${mark}` },
  );
}

/** Signals all that were started with NAME=mark. */
export async function signalProcessesWith(name: string, mark: string, signal: NodeJS.Signals): Promise<void> {
  for (const each of await processesWith(name)) if (each.mark === mark) kill(each.pid, signal);
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process runs. One that has ended and that its parent has not looked after (a zombie) does not. */
export async function runs(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || (await procFile(String(pid), 'cmdline')).join('') !== '';
}

/** The fields of a file that separates them by zero bytes; none when the process is gone or not ours to look at. */
async function procFile(pid: string, file: 'environ' | 'cmdline'): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  return text.split('\0');
}
