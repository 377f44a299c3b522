import { isReady, type Pod } from './pod';

/**
 * The pods a ReplicaSet removes first (Kubernetes' ActivePodsWithRanks): not ready before ready, lower deletion cost first, then from the
 * machine with more of them, then the one ready for a shorter time, then the newer one. Times are compared by powers of two
 * (LogarithmicScaleDown, since 1.22), and equals by uid, which is chance. Unassigned and pending pods, and pods with restarts, the model
 * does not tell apart from others that start.
 */
export function chooseRemoved(pods: readonly Pod[], count: number, at: number): readonly Pod[] {
  const onMachine = new Map<number, number>();
  for (const { machine } of pods) onMachine.set(machine, (onMachine.get(machine) ?? 0) + 1);
  const colocated = (pod: Pod): number => onMachine.get(pod.machine) ?? 0;
  const order = (a: Pod, b: Pod): number =>
    Number(isReady(a, at)) - Number(isReady(b, at)) ||
    a.cost - b.cost ||
    colocated(b) - colocated(a) ||
    (isReady(a, at) ? compareAges(at - a.readyAt, at - b.readyAt, a, b) : compareAges(at - a.createdAt, at - b.createdAt, a, b));
  const ranked = [...pods];
  ranked.sort(order);
  return ranked.slice(0, count);
}

/** Different powers of two decide; within one power of two, chance; equal times are compared further (here: by chance, too). */
function compareAges(a: number, b: number, { uid: first }: Pod, { uid: second }: Pod): number {
  return a === b ? first - second : magnitude(a) - magnitude(b) || first - second;
}

/** The controller counts in nanoseconds; what is not older than now is least. */
function magnitude(seconds: number): number {
  return seconds > 0 ? Math.trunc(Math.log2(seconds * 1e9)) : -1;
}
