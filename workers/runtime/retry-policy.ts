import type { CallFacts } from '../task-context';
import type { RetryOptions } from '../task-options';

/** Celery's defaults (`max_retries`, `default_retry_delay`, `retry_backoff_max`, `retry_jitter`). */
export const RETRY_DEFAULTS = { max: 3, delaySeconds: 180, backoff: false, backoffMaxSeconds: 600, jitter: true } as const;

/** Whether a task's options ask for another try after this error. */
export function isRetried({ on, except = [] }: RetryOptions, error: unknown): boolean {
  if (!on || except.some((type) => error instanceof type)) return false;
  return typeof on === 'function' ? on(error) : on.some((type) => error instanceof type);
}

/** Whether a try is left. */
export function mayRetry(max: number | null | undefined, { retries }: Pick<CallFacts, 'retries'>): boolean {
  const most = max === undefined ? RETRY_DEFAULTS.max : max;
  return most === null || retries < most;
}

/**
 * Seconds until the next try, as Celery computes them (celery/utils/time.py, `get_exponential_backoff_interval`): whole ones, with jitter
 * any number from 0 to the backoff, both included.
 */
export function retryDelay(options: RetryOptions, retries: number, random: () => number = Math.random): number {
  const { backoff, backoffMaxSeconds, jitter, delaySeconds } = { ...RETRY_DEFAULTS, ...options };
  if (backoff === false) return delaySeconds;
  const factor = backoff === true ? 1 : Math.max(1, Math.floor(backoff));
  const interval = Math.min(backoffMaxSeconds, factor * 2 ** retries);
  return jitter ? Math.floor(random() * (interval + 1)) : interval;
}
