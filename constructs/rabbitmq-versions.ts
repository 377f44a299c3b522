/** What one RabbitMQ release line can and cannot do. Rendering asks this table, never a version number. */
export interface RabbitmqLine {
  /** Newest patch we know with the security fixes of its line. */
  readonly patch: string;
  /** Whether transient non-exclusive queues (Celery < 5.7: pidbox, celeryev, rpc results) may be declared without a setting. */
  readonly permitsTransientQueues: boolean;
  /** Whether `cluster_partition_handling` means anything (Mnesia; gone with Khepri). */
  readonly hasPartitionHandling: boolean;
}

/**
 * Supported lines. Sources: RabbitMQ release notes 4.2.4 (health check reached-target-cluster-size), 4.3.0 (Khepri only, transient
 * queues denied) and the security advisories of 2026-08 and 2026-09.
 */
export const RABBITMQ_LINES = {
  '4.2': { patch: '4.2.10', permitsTransientQueues: true, hasPartitionHandling: true },
  '4.3': { patch: '4.3.6', permitsTransientQueues: false, hasPartitionHandling: false },
} as const satisfies Record<string, RabbitmqLine>;

export type RabbitmqVersion = keyof typeof RABBITMQ_LINES;

export const RABBITMQ_VERSIONS = Object.keys(RABBITMQ_LINES) as RabbitmqVersion[];
