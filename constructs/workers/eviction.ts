/** Longest time that the cluster autoscaler waits for a pod it evicts (its flag --max-graceful-termination-sec). */
const LONGEST_EVICTION_SECONDS = 600;

/**
 * Whether the cluster autoscaler may evict a worker to remove its machine. Without a word it would not, because /tmp is a local volume;
 * and a worker whose tasks take longer than it waits would be killed in the middle.
 */
export function isSafeToEvict(gracePeriodSeconds: number): boolean {
  return gracePeriodSeconds <= LONGEST_EVICTION_SECONDS;
}

export function evictionAnnotation(safe: boolean): Record<string, string> {
  return { 'cluster-autoscaler.kubernetes.io/safe-to-evict': String(safe) };
}
