import { setTimeout } from 'node:timers/promises';

/** Asks each second until the condition gives something truthy, and returns that. @throws Error when it does not in time */
export async function until<T>(what: string, seconds: number, condition: () => Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`no ${what} within ${seconds} s`);
    await setTimeout(1000);
  }
}

/** Calls the work each second while another one goes on. */
export async function during<T>(main: Promise<T>, work: () => Promise<unknown>): Promise<T> {
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await work();
      await setTimeout(1000);
    }
  };
  const [result] = await Promise.all([main.finally(() => done.abort()), watch()]);
  return result;
}

/** Looks each second for so long whether the condition holds all the time. @throws Error when it does not */
export async function stays(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (!(await condition())) throw new Error(`${what}: not for ${seconds} s`);
    await setTimeout(1000);
  }
}
