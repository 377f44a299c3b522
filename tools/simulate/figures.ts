import type { Run } from './model';

/** What a run comes to. */
export interface Figures {
  /** Most tasks that waited at once. */
  readonly backlogMax: number;
  readonly backlogMean: number;
  /** Seconds from a task's arrival to its start. */
  readonly waitP50: number;
  readonly waitP95: number;
  readonly waitMax: number;
  readonly podsMax: number;
  readonly podsMean: number;
  /** What the pods cost: pods x seconds, also while they start and drain. */
  readonly podSeconds: number;
  readonly podsRemoved: number;
  readonly busyRemoved: number;
  /** Busy pods that were removed although an idle one was kept. */
  readonly avoidableRemoved: number;
  readonly handedBack: number;
  /** Longest time in which tasks waited without a pause, in seconds. */
  readonly backlogSeconds: number;
}

export function figuresOf({ samples, waits, removals, handedBack }: Run): Figures {
  const sorted = Float64Array.from(waits);
  sorted.sort();
  const podSeconds = sum(samples, ({ pods }) => pods);
  return {
    backlogMax: samples.reduce((most, { ready }) => Math.max(most, ready), 0),
    backlogMean: sum(samples, ({ ready }) => ready) / Math.max(1, samples.length),
    waitP50: percentile(sorted, 0.5),
    waitP95: percentile(sorted, 0.95),
    waitMax: percentile(sorted, 1),
    podsMax: samples.reduce((most, { pods }) => Math.max(most, pods), 0),
    podsMean: podSeconds / Math.max(1, samples.length),
    podSeconds,
    podsRemoved: sum(removals, ({ pods }) => pods),
    busyRemoved: sum(removals, ({ busy }) => busy),
    avoidableRemoved: sum(removals, ({ avoidable }) => avoidable),
    handedBack,
    backlogSeconds: longestBacklog(samples),
  };
}

/** The least value that this share of all values does not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function longestBacklog(samples: Run['samples']): number {
  let [longest, now] = [0, 0];
  for (const { ready } of samples) {
    now = ready > 0 ? now + 1 : 0;
    longest = Math.max(longest, now);
  }
  return longest;
}

function sum<T>(values: readonly T[], amount: (value: T) => number): number {
  return values.reduce((total, value) => total + amount(value), 0);
}
