import { deletionCost, patience } from '../../workers/kubernetes/deletion-cost';
import type { PodSettings } from './settings';
import type { Task } from './queue';

/** Seconds between two changes a worker makes to its own annotation, so that thousands of tasks do not become thousands of API calls. */
export const COST_INTERVAL_SECONDS = 15;

/** One worker pod. */
export interface Pod {
  /** Random, as a real one: it decides between pods that are otherwise equal. */
  readonly uid: number;
  readonly machine: number;
  readonly createdAt: number;
  /** When it takes its first task. */
  readonly readyAt: number;
  /** Tasks, and when each began. */
  readonly running: Map<Task, number>;
  /** `controller.kubernetes.io/pod-deletion-cost` as the API server has it. */
  cost: number;
  costPublishedAt: number;
  /** When it was told to stop. */
  removedAt: number | undefined;
}

export function newPod(uid: number, machine: number, createdAt: number, readyAt: number): Pod {
  return {
    uid,
    machine,
    createdAt,
    readyAt,
    running: new Map(),
    cost: 0,
    costPublishedAt: Number.NEGATIVE_INFINITY,
    removedAt: undefined,
  };
}

export function isReady(pod: Pod, at: number): boolean {
  return pod.readyAt <= at;
}

export function takesTasks(pod: Pod, at: number, { concurrency }: PodSettings): boolean {
  return pod.removedAt === undefined && isReady(pod, at) && pod.running.size < concurrency;
}

/** Called once a second: the worker publishes its busyness when it has changed by a step, but not too often. */
export function publishCost(pod: Pod, at: number, { deletionCost: publishes }: PodSettings): void {
  const cost = deletionCost([...pod.running.values()].map((startedAt) => at - startedAt));
  const isDue = at - pod.costPublishedAt >= patience(pod.cost, cost) * COST_INTERVAL_SECONDS;
  if (!publishes || !isDue || cost === pod.cost || pod.removedAt !== undefined) return;
  pod.cost = cost;
  pod.costPublishedAt = at;
}
