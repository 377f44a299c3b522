/**
 * How long to wait before the next attempt: full jitter, so that a hundred clients of a restarted broker do not return at once.
 *
 * | attempt | at most |
 * |---|---|
 * | 0 | 0.1 s |
 * | 1 | 0.2 s |
 * | 3 | 0.8 s |
 * | 6 and later | 5 s |
 */
export function backoffMilliseconds(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(5000, 100 * 2 ** Math.min(attempt, 6)));
}
