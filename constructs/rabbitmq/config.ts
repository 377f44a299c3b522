import { amountOf } from '../quantity';
import type { ListenerTls } from './listeners';
import { PATHS } from './paths';
import { listenerSettings, operatorListenerSettings } from './tls-conf';
import { RABBITMQ_LINES, type RabbitmqVersion } from './versions';

export interface RabbitmqConfigProps {
  readonly clusterName: string;
  readonly version: RabbitmqVersion;
  readonly nodes: number;
  /** Memory limit of a node, as a quantity. */
  readonly memory: string;
  /** Size of a node's volume, as a quantity. */
  readonly storage: string;
  readonly permitTransientQueues: boolean;
  /** Some reach the nodes by IPv6. */
  readonly ipv6: boolean;
  /** Absent where nothing speaks TLS. */
  readonly tls?: ListenerTls;
}

/** The text of rabbitmq.conf. Everything is set here: the mounted folder replaces the image's own defaults, which open `guest`. */
export function rabbitmqConf(props: RabbitmqConfigProps): string {
  const line = RABBITMQ_LINES[props.version];
  return lines([
    `cluster_name = ${props.clusterName}`,
    'cluster_formation.peer_discovery_backend = k8s',
    `cluster_formation.target_cluster_size_hint = ${props.nodes}`,
    line.hasPartitionHandling && 'cluster_partition_handling = pause_minority',
    '',
    ...listenerSettings(props),
    ...nodeSettings(props),
  ]);
}

/** What stays to be said of a node where the cluster operator names and forms the cluster. */
export function operatorConf(props: RabbitmqConfigProps): string {
  return lines([...operatorListenerSettings(props), ...nodeSettings(props)]);
}

function nodeSettings(props: RabbitmqConfigProps): (string | false)[] {
  const line = RABBITMQ_LINES[props.version];
  return [
    'auth_mechanisms.1 = PLAIN',
    'auth_mechanisms.2 = AMQPLAIN',
    'anonymous_login_user = none',
    '',
    'definitions.import_backend = local_filesystem',
    `definitions.local.path = ${PATHS.runtime}/definitions.json`,
    '',
    'queue_leader_locator = balanced',
    'quorum_queue.property_equivalence.relaxed_checks_on_redeclaration = true',
    'quorum_queue.continuous_membership_reconciliation.enabled = true',
    `quorum_queue.continuous_membership_reconciliation.target_group_size = ${Math.min(props.nodes, 5)}`,
    '',
    `vm_memory_high_watermark.absolute = ${mebibytes(memoryWatermarkBytes(props.memory))}`,
    `disk_free_limit.absolute = ${mebibytes(diskFreeLimitBytes(props))}`,
    '',
    'log.console = true',
    'log.console.level = info',
    'log.console.use_colors = off',
    'log.file = false',
    props.permitTransientQueues && !line.permitsTransientQueues && '\ndeprecated_features.permit.transient_nonexcl_queues = true',
  ];
}

/** 60 % of the memory limit, RabbitMQ's own default share; given as a number because the server would look at the host's memory. */
export function memoryWatermarkBytes(memory: string): number {
  return amountOf(memory) * 0.6;
}

/** Free disk under which publishers are blocked: the watermark (all of it may be paged out), at least a fifth of the volume up to 2 GiB. */
export function diskFreeLimitBytes({ memory, storage }: Pick<RabbitmqConfigProps, 'memory' | 'storage'>): number {
  return Math.max(memoryWatermarkBytes(memory), Math.min(2 * 2 ** 30, amountOf(storage) / 5));
}

/** RabbitMQ reads MB as a million bytes; written as MiB there is no surprise of 4.6 %. */
function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}MiB`;
}

function lines(parts: readonly (string | false)[]): string {
  return `${parts.filter((part) => part !== false).join('\n')}\n`;
}
