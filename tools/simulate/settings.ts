import type { HpaSettings } from './hpa';
import type { QueueState } from './statistics';

/** A RabbitMQ trigger of a ScaledObject: how it sees the queue. */
export interface Trigger {
  readonly name: string;
  /** Messages that wait, all of them (also those with workers), or how many are published in a second. */
  readonly measures: 'waiting' | 'all' | 'rate';
  /** Over HTTP it sees RabbitMQ's statistics, which are 5 to 10 s old; over AMQP the queue as it is. */
  readonly overHttp: boolean;
  /** Whether the autoscaler gets the value of KEDA's last poll instead of a fresh one (`useCachedMetrics`). */
  readonly cached: boolean;
  /** Whether the load is in this trigger's queue. */
  readonly seesQueue: boolean;
}

/** What the HPA divides by its target: a trigger's value, or a formula of several. */
export interface ScaledMetric {
  readonly valueOf: (values: Readonly<Record<string, number>>) => number;
  /** Wanted amount per pod. */
  readonly target: number;
  /** A group that may sleep is awake while a value is over this. */
  readonly activation: number;
}

/** A ScaledObject. */
export interface Scaling extends HpaSettings {
  /** Whether KEDA may put the group to sleep: no pods at all. */
  readonly sleeps: boolean;
  /** Seconds between KEDA's own looks, which decide about sleep only. */
  readonly pollingSeconds: number;
  /** Seconds from the last look that saw work to sleep. */
  readonly cooldownSeconds: number;
  readonly triggers: readonly Trigger[];
  readonly metrics: readonly ScaledMetric[];
}

/** The pods of a Deployment. */
export interface PodSettings {
  /** Tasks one pod runs at once; it takes no more messages than that. */
  readonly concurrency: number;
  /** Seconds from a pod's creation to its first task: scheduling, image, start, connection. */
  readonly startSeconds: number;
  /** Seconds a removed pod may go on with what it runs; then it hands the messages back. */
  readonly drainSeconds: number;
  /** Whether workers publish how busy they are (`controller.kubernetes.io/pod-deletion-cost`). */
  readonly deletionCost: boolean;
  /** Machines the pods are spread over. */
  readonly machines: number;
}

export interface Settings {
  readonly title: string;
  readonly scaling: Scaling;
  readonly pods: PodSettings;
  readonly seed: number;
}

/** Values of all triggers by name. */
export function readTriggers(triggers: readonly Trigger[], now: QueueState, shown: QueueState): Readonly<Record<string, number>> {
  return Object.fromEntries(triggers.map((trigger) => [trigger.name, readTrigger(trigger, trigger.overHttp ? shown : now)]));
}

function readTrigger({ measures, seesQueue }: Trigger, { ready, unacked, publishRate }: QueueState): number {
  if (!seesQueue) return 0;
  if (measures === 'rate') return publishRate;
  return measures === 'all' ? ready + unacked : ready;
}
