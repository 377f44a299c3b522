import { freshMemory, type HpaMemory, synchronize } from './hpa';
import { readTriggers, type Scaling } from './settings';
import { NOTHING, type QueueState } from './statistics';

/** Seconds between two synchronisations of the HPA (`--horizontal-pod-autoscaler-sync-period`). */
export const SYNC_SECONDS = 15;

type Values = Readonly<Record<string, number>>;

/** KEDA and the HPA it makes, for one ScaledObject. */
export class Autoscaler {
  private memory: HpaMemory;
  private polled: Values;
  private lastActiveAt: number;

  constructor(
    private readonly scaling: Scaling,
    replicas: number,
  ) {
    this.memory = freshMemory(0, replicas);
    this.polled = readTriggers(scaling.triggers, NOTHING, NOTHING);
    this.lastActiveAt = 0;
  }

  /** Called once a second. Returns the replicas it wants. */
  step(at: number, replicas: number, now: QueueState, shown: QueueState): number {
    const fresh = readTriggers(this.scaling.triggers, now, shown);
    const kept = at % this.scaling.pollingSeconds === 0 ? this.poll(at, replicas, fresh) : replicas;
    return at % SYNC_SECONDS === 0 ? this.synchronize(at, kept, fresh) : kept;
  }

  /** KEDA's own loop wakes the group up and puts it to sleep; between one and the most replicas only the HPA scales. */
  private poll(at: number, replicas: number, values: Values): number {
    const { metrics, min, sleeps, cooldownSeconds } = this.scaling;
    this.polled = values;
    const isActive = metrics.some(({ valueOf, activation }) => valueOf(values) > activation);
    if (isActive) {
      this.lastActiveAt = at;
      return replicas === 0 ? min : replicas;
    }
    return sleeps && at - this.lastActiveAt > cooldownSeconds ? 0 : replicas;
  }

  /** The HPA asks KEDA through the external metrics API, which asks RabbitMQ at that moment unless the trigger is cached. */
  private synchronize(at: number, replicas: number, fresh: Values): number {
    const cached = this.scaling.triggers.filter((trigger) => trigger.cached).map(({ name }) => [name, this.polled[name] ?? 0] as const);
    const values = { ...fresh, ...Object.fromEntries(cached) };
    const metrics = this.scaling.metrics.map(({ valueOf, target }) => ({ total: valueOf(values), target }));
    const result = synchronize(this.scaling, this.memory, at, replicas, metrics);
    this.memory = result.memory;
    return result.replicas;
  }
}
