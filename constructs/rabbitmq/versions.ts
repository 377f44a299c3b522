/** What one RabbitMQ release line can and cannot do. Rendering asks this table, never a version number. */
export interface RabbitmqLine {
  /** Newest patch we know; what runs unless told otherwise. */
  readonly patch: string;
  /** First patch without a published security hole that a patch of this line closes. Older ones are refused. */
  readonly securePatch: string;
  /** Known from release notes only: nothing of it was ever run, and its image may not exist. */
  readonly preview: boolean;
  /** Last day of community support, or `null` where none is known. */
  readonly supportedUntil: string | null;
  /** Lines that a rolling upgrade to this one may start from, each at its newest patch; empty where it is not known. */
  readonly upgradesFrom: readonly string[];
  /** Whether transient non-exclusive queues (Celery < 5.7: pidbox, celeryev, rpc results) may be declared without a setting. */
  readonly permitsTransientQueues: boolean;
  /** Whether `cluster_partition_handling` means anything (Mnesia; gone with Khepri). */
  readonly hasPartitionHandling: boolean;
  /** First patch whose HTTP API has the health check `reached-target-cluster-size`; below it the pod asks with a command. */
  readonly clusterSizeCheckFrom: string;
  /** Policy keys that delay the redelivery of a failed message; empty where quorum queues cannot. */
  readonly delayedRetryKeys: readonly string[];
  /** Whether a prefetch for the whole channel (`basic.qos` with global) is denied; it is then taken for each consumer. */
  readonly deniesGlobalQos: boolean;
  /** Whether quorum queues serve priorities 0 to 31 strictly in order; else there are two classes, served 2 : 1. */
  readonly strictPriorities: boolean;
}

const DELAYED_RETRY_KEYS = ['delayed-retry-type', 'delayed-retry-min', 'delayed-retry-max'] as const;

/**
 * Supported lines. Sources: RabbitMQ release notes 4.2.4 (health check reached-target-cluster-size), 4.3.0 (Khepri only, transient
 * queues denied, upgrades from 4.2 alone), 4.3.6 (17 CVEs) and 4.4.0 (before its release), the security advisories of 2026-08 and
 * 2026-09, and RabbitMQ's table of support periods. docs/rabbitmq.md shows the table to operators.
 */
export const RABBITMQ_LINES = {
  '4.2': {
    patch: '4.2.10',
    securePatch: '4.2.10',
    preview: false,
    supportedUntil: '2026-07-31',
    upgradesFrom: ['3.13', '4.0', '4.1'],
    permitsTransientQueues: true,
    hasPartitionHandling: true,
    clusterSizeCheckFrom: '4.2.4',
    delayedRetryKeys: [],
    deniesGlobalQos: false,
    strictPriorities: false,
  },
  '4.3': {
    patch: '4.3.6',
    securePatch: '4.3.6',
    preview: false,
    supportedUntil: '2026-11-30',
    upgradesFrom: ['4.2'],
    permitsTransientQueues: false,
    hasPartitionHandling: false,
    clusterSizeCheckFrom: '4.3.0',
    delayedRetryKeys: DELAYED_RETRY_KEYS,
    deniesGlobalQos: true,
    strictPriorities: true,
  },
  '4.4': {
    patch: '4.4.0',
    securePatch: '4.4.0',
    preview: true,
    supportedUntil: null,
    upgradesFrom: [],
    permitsTransientQueues: false,
    hasPartitionHandling: false,
    clusterSizeCheckFrom: '4.4.0',
    delayedRetryKeys: DELAYED_RETRY_KEYS,
    deniesGlobalQos: true,
    strictPriorities: true,
  },
} as const satisfies Record<string, RabbitmqLine>;

export type RabbitmqVersion = keyof typeof RABBITMQ_LINES;

export const RABBITMQ_VERSIONS = Object.keys(RABBITMQ_LINES) as RabbitmqVersion[];

/** Whether release `patch` came before `other`, for example 4.3.6 before 4.3.10. */
export function isBefore(patch: string, other: string): boolean {
  const [a, b] = [patch, other].map((release) => release.split('.').map(Number));
  const index = (a ?? []).findIndex((number, place) => number !== b?.[place]);
  return index >= 0 && (a?.[index] ?? 0) < (b?.[index] ?? 0);
}

/** The release line of a patch: `4.3` of `4.3.6`. */
export function lineOf(patch: string): string {
  return patch.split('.').slice(0, 2).join('.');
}
