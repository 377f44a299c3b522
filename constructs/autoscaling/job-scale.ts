import { flag, integer, optional, type Rule, shape } from '../rules';

/**
 * One Job for each task, for tasks that are too long for any grace period: a Job is never scaled in, and ends by itself after its task. Each
 * pays the start of a pod.
 */
export interface JobScale {
  /** Most Jobs at once. */
  readonly max: number;
  /**
   * Seconds between looks at the queues. The figures are 5 s old.
   * @default 10
   */
  readonly pollingSeconds?: number;
  /**
   * Failed pods of a Job before the Job has failed. Its message is in the queue again by then, and KEDA starts another Job; the queue's
   * `deliveryLimit` ends that.
   * @default 2
   */
  readonly backoffLimit?: number;
  /** Finished Jobs to keep, so that their logs can be read. @default { successful: 5, failed: 5 } */
  readonly history?: JobHistory;
  /**
   * Seconds that a finished Job is kept at most.
   * @default 86400
   */
  readonly ttlSeconds?: number;
  /**
   * Start no further Jobs; those that run go on.
   * @default false
   */
  readonly pause?: boolean;
}

export interface JobHistory {
  /** @default 5 */
  readonly successful?: number;
  /** @default 5 */
  readonly failed?: number;
}

export const JOB_SCALE_DEFAULTS = {
  pollingSeconds: 10,
  backoffLimit: 2,
  history: { successful: 5, failed: 5 },
  ttlSeconds: 86_400,
  pause: false,
} as const satisfies Partial<JobScale>;

export const jobScaleRule: Rule = shape<JobScale>({
  max: integer(1, 1000),
  pollingSeconds: optional(integer(1, 86_400, 'seconds')),
  backoffLimit: optional(integer(0, 100)),
  history: optional(shape<JobHistory>({ successful: optional(integer(0, 1000)), failed: optional(integer(0, 1000)) })),
  ttlSeconds: optional(integer(0, 2_592_000, 'seconds')),
  pause: optional(flag),
});
