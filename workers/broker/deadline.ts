import { setTimeout } from 'node:timers/promises';

export class TookTooLong extends Error {}

/** A timer that fires so much later than asked says that this process stood still, and nothing about the one that is waited for. */
const STOOD_STILL_MS = 1000;

/** Whether a timer that was due at `due` (of `performance.now()`) fired because this process stood still: answers may lie unread. */
export function stoodStill(due: number): boolean {
  return performance.now() - due > STOOD_STILL_MS;
}

/**
 * Waits for the work, but not for ever. When a task has blocked the event loop over the deadline, the time starts anew.
 * @throws TookTooLong when the work takes longer
 * @throws the signal's reason when that comes first
 */
export async function within<T>(milliseconds: number, work: Promise<T>, what: string, signal?: AbortSignal): Promise<T> {
  const timer = new AbortController();
  const ends = signal ? AbortSignal.any([signal, timer.signal]) : timer.signal;
  try {
    return await Promise.race([work, late(milliseconds, what, ends)]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    timer.abort();
  }
}

async function late(milliseconds: number, what: string, signal: AbortSignal): Promise<never> {
  let due: number;
  do {
    due = performance.now() + milliseconds;
    await setTimeout(milliseconds, undefined, { signal });
  } while (stoodStill(due));
  throw new TookTooLong(`${what} took over ${milliseconds} ms`);
}
