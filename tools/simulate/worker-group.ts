import { isReady, newPod, type Pod, publishCost, takesTasks } from './pod';
import type { Queue } from './queue';
import { chooseRemoved } from './replica-set';
import type { PodSettings } from './settings';

/** Pods that were removed at one moment. */
export interface Removal {
  readonly at: number;
  readonly pods: number;
  /** Those that ran tasks. */
  readonly busy: number;
  /** Those that ran tasks although an idle pod was kept instead. */
  readonly avoidable: number;
}

/** The pods of one Deployment: started, fed by the broker, removed by the ReplicaSet, drained. */
export class WorkerGroup {
  /** All that use up resources: also those that start or drain. */
  pods: Pod[] = [];
  readonly removals: Removal[] = [];
  handedBack = 0;
  private turn = 0;

  constructor(
    private readonly settings: PodSettings,
    private readonly random: () => number,
  ) {}

  /** Pods the ReplicaSet counts. */
  get replicas(): readonly Pod[] {
    return this.pods.filter(({ removedAt }) => removedAt === undefined);
  }

  /** @param startSeconds 0 for pods that are there from the beginning */
  scale(replicas: number, at: number, startSeconds: number = this.settings.startSeconds): void {
    const surplus = this.replicas.length - replicas;
    if (surplus > 0) this.remove(surplus, at);
    for (let missing = -surplus; missing > 0; missing--)
      this.pods.push(newPod(this.random(), this.emptiestMachine(), at, at + startSeconds));
  }

  /** The pod whose turn it is among those with room: RabbitMQ serves consumers in turn. */
  nextWithRoom(at: number): Pod | undefined {
    for (let tried = 0; tried < this.pods.length; tried++) {
      const pod = this.pods[this.turn++ % this.pods.length];
      if (pod && takesTasks(pod, at, this.settings)) return pod;
    }
    return undefined;
  }

  /** Called once a second: annotations, drained pods that leave, and pods that are out of time and hand back what they run. */
  step(at: number, queue: Queue): void {
    for (const pod of this.pods) publishCost(pod, at, this.settings);
    const late = this.pods.filter(({ removedAt }) => removedAt !== undefined && at - removedAt >= this.settings.drainSeconds);
    const tasks = late.flatMap(({ running }) => [...running.keys()]);
    for (const task of tasks) queue.handBack(task);
    for (const { running } of late) running.clear();
    this.handedBack += tasks.length;
    this.pods = this.pods.filter(({ removedAt, running }) => removedAt === undefined || running.size > 0);
  }

  private remove(count: number, at: number): void {
    const before = this.replicas;
    const removed = chooseRemoved(before, count, at);
    for (const pod of removed) pod.removedAt = at;
    const busy = removed.filter(({ running }) => running.size > 0).length;
    const idleKept = before.filter((pod) => pod.removedAt === undefined && isReady(pod, at) && pod.running.size === 0).length;
    this.removals.push({ at, pods: count, busy, avoidable: Math.min(busy, idleKept) });
  }

  private emptiestMachine(): number {
    const counts = Array.from(
      { length: this.settings.machines },
      (_, machine) => this.pods.filter((pod) => pod.machine === machine).length,
    );
    return counts.indexOf(Math.min(...counts));
  }
}
