import { setTimeout as delay } from 'node:timers/promises';

export interface Deadline {
  /** @default 60000 */
  readonly timeoutMs?: number;
  /** What is waited for, as the end of "no ... within 10 s". */
  readonly what: string;
  /** @default 50 */
  readonly intervalMs?: number;
}

/**
 * Asks again and again until the condition gives something truthy, and returns that. A condition that throws has not come true yet; what
 * it threw last is part of the error at the deadline.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 60_000, what, intervalMs = 50 }: Deadline,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= end) {
      const last = failure instanceof Error ? `: ${failure.message}` : '';
      throw new Error(`no ${what} within ${timeoutMs / 1000} s${last}`, { cause: failure });
    }
    await delay(intervalMs);
  }
}
