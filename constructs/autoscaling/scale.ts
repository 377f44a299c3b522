import type { ExtraTrigger } from './extra-triggers';
import type { Pause } from './pause';

/** How many workers a group may have, and by what KEDA chooses their number. */
export interface Scale {
  /** Fewest workers; 0 lets the group sleep while its queues are empty. */
  readonly min: number;
  /** Most workers. */
  readonly max: number;
  /**
   * How KEDA asks the broker. `http`: the management API, which counts waiting and running tasks, 5 to 10 s late. `amqp`: the queue itself,
   * at once, but it knows the waiting tasks only, so that busy workers are removed (and finish within their grace period) as soon as nothing
   * waits behind them; `mode` must be `QueueLength`.
   * @default 'http'
   */
  readonly protocol?: 'http' | 'amqp';
  /**
   * `QueueLength`: tasks that are there. `MessageRate`: tasks sent per second, so that workers are added before a queue grows; it needs
   * `meanTaskSeconds`, and a `min` of at least 1, because the rate is 0 while old tasks still wait.
   * @default 'QueueLength'
   */
  readonly mode?: 'QueueLength' | 'MessageRate';
  /**
   * Tasks, waiting and running, that justify one worker.
   * @default - `concurrency`, or what `latencyTargetSeconds` allows
   */
  readonly messagesPerWorker?: number;
  /**
   * Seconds within which a task should be finished. A worker gets as many tasks as it clears in that time:
   * `concurrency * latencyTargetSeconds / meanTaskSeconds`. Give both or none.
   * @default - as soon as possible: one worker for every `concurrency` tasks
   */
  readonly latencyTargetSeconds?: number;
  /**
   * Seconds an average task of the group runs; fractions are fine. Measure it, or take it from Flower.
   * @default - unknown
   */
  readonly meanTaskSeconds?: number;
  /**
   * Tasks that may wait while the group sleeps: it wakes when there are more. Those few wait until others join them, for ever if none do.
   * Only with `min: 0`.
   * @default 0 - the first task wakes the group
   */
  readonly activationMessages?: number;
  /**
   * Seconds between looks at the queues while the group sleeps; while it is awake, the HorizontalPodAutoscaler looks every 15 s. Over HTTP
   * the figures are 5 s old, so that looking more often finds nothing new. Only with `min: 0`.
   * @default 5
   */
  readonly pollingSeconds?: number;
  /**
   * Seconds without a task before the last worker goes to sleep. Only with `min: 0`.
   * @default - the scale-down stabilisation of the group's queues, at least 60
   */
  readonly cooldownSeconds?: number;
  /**
   * What to do while KEDA cannot ask the broker; `false` leaves the number of workers alone, even at zero.
   * @default - after 3 failed readings `min` workers, at least 1
   */
  readonly fallback?: FallbackOptions | false;
  /**
   * Further reasons for workers; the one that asks for most wins. They never remove a worker that the queues ask for.
   * @default []
   */
  readonly triggers?: readonly ExtraTrigger[];
  /**
   * Stops scaling until the option is removed again.
   * @default - scaling goes on
   */
  readonly pause?: Pause;
}

/** What to do while the triggers cannot be read. */
export interface FallbackOptions {
  /** @default 3 - failed readings in a row */
  readonly failureThreshold?: number;
  /**
   * Workers to have then. A group that has more keeps them.
   * @default - `min`, at least 1
   */
  readonly replicas?: number;
}

export const SCALE_DEFAULTS = {
  protocol: 'http',
  mode: 'QueueLength',
  activationMessages: 0,
  pollingSeconds: 5,
  triggers: [],
} as const satisfies Partial<Scale>;

export const FALLBACK_DEFAULTS = { failureThreshold: 3 } as const satisfies FallbackOptions;

/** A plain HorizontalPodAutoscaler on CPU, for clusters without KEDA. It does not see the queues. */
export interface CpuScale {
  /** Fewest workers, at least 1: the CPU of no workers cannot be measured. */
  readonly min: number;
  /** Most workers. */
  readonly max: number;
  /**
   * CPU that the workers should use on average, in percent of what they request (`resources.cpu`). Needs the metrics server.
   * @default 70
   */
  readonly cpuPercent?: number;
}

export const CPU_SCALE_DEFAULTS = { cpuPercent: 70 } as const;
