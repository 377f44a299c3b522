import type { Task } from '../task';

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/**
 * Milliseconds between two starts of a rate in Celery's words: `'10/s'`, `'100/m'`, `'5/h'`, a plain number for each second; 0 or nothing is no
 * limit.
 * @throws RangeError when it is no rate
 */
export function intervalOf(rate: string | number | null | undefined): number {
  if (typeof rate === 'number' && Number.isFinite(rate) && rate >= 0) return rate === 0 ? 0 : 1000 / rate;
  const match = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(String(rate ?? 0).trim() || '0');
  if (!match) throw new RangeError(`invalid rate limit: ${JSON.stringify(rate)}`);
  const count = Number(match[1]);
  return count === 0 ? 0 : (SECONDS[(match[2] ?? 's') as keyof typeof SECONDS] * 1000) / count;
}

/** When a task may start: now, after a short rest here, or after a while in the broker. */
export type Turn = { readonly kind: 'now' } | { readonly kind: 'rest' | 'put-off'; readonly milliseconds: number };

/** What may wait here and not in the broker, whose delays are whole seconds. */
const LONGEST_REST_MS = 1000;

interface Bucket {
  readonly interval: number;
  /** When the next one may start that has no token yet. */
  nextFree: number;
  /** Before this none starts, token or not: a token may have waited for a slot. */
  notBefore: number;
  /** Until when those that wait in the broker will come back. */
  putOffUntil: number;
}

/** Limits how often tasks start in this worker: one token per interval, none saved up (Celery's bucket of capacity 1). */
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    tasks: Iterable<Task>,
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    for (const { name, options } of tasks) this.set(name, options.rateLimit);
  }

  /** @throws RangeError when it is no rate */
  set(task: string, rate: string | number | null | undefined): void {
    const interval = intervalOf(rate);
    const now = this.now();
    if (interval > 0) this.buckets.set(task, { interval, nextFree: now, notBefore: now, putOffUntil: now });
    else this.buckets.delete(task);
  }

  /**
   * Takes the next token, or says when to come again.
   * @param mayRest whether a message may wait in this worker
   * @param again whether it has waited in the broker before: such a one is not sent behind all others
   */
  turn(task: string, mayRest: boolean, again: boolean): Turn {
    const bucket = this.buckets.get(task);
    if (!bucket) return { kind: 'now' };
    const now = this.now();
    const wait = bucket.nextFree - now;
    if (wait <= 0 || (wait <= LONGEST_REST_MS && mayRest)) {
      bucket.nextFree = Math.max(now, bucket.nextFree) + bucket.interval;
      return wait <= 0 ? { kind: 'now' } : { kind: 'rest', milliseconds: wait };
    }
    return { kind: 'put-off', milliseconds: again ? this.soon(bucket, wait) : this.inLine(bucket, now) };
  }

  /**
   * Notes the start of a task that has its token and its slot. Several may have waited for slots that became free at once.
   * @returns 0, or the milliseconds after which to ask again
   */
  start(task: string): number {
    const bucket = this.buckets.get(task);
    if (!bucket) return 0;
    const now = this.now();
    if (now < bucket.notBefore) return bucket.notBefore - now;
    bucket.notBefore = now + bucket.interval;
    bucket.nextFree = Math.max(bucket.nextFree, bucket.notBefore);
    return 0;
  }

  private soon({ interval }: Bucket, wait: number): number {
    return Math.max(LONGEST_REST_MS, wait + this.random() * 2 * interval);
  }

  private inLine(bucket: Bucket, now: number): number {
    bucket.putOffUntil = Math.max(bucket.putOffUntil + bucket.interval, bucket.nextFree);
    return Math.max(LONGEST_REST_MS, bucket.putOffUntil - now);
  }
}
