import { withoutUndefined } from '../../workers/topology';
import type { ImageOptions } from '../images';
import type { Resources } from '../pod';
import { type ReleaseOptions, RELEASE_DEFAULTS, type ResolvedRelease, resolveRelease } from './release';
import type { NetworkOptions } from './services';
import { type ResolvedShutdown, resolveShutdown, SHUTDOWN_DEFAULTS, type ShutdownOptions } from './shutdown';
import { type ResolvedStorage, STORAGE_DEFAULTS, type StorageOptions } from './storage';
import type { TlsOptions } from './tls';
import { type ResolvedScheduling, SCHEDULING_DEFAULTS, type SchedulingOptions } from '../scheduling';

export interface RabbitmqClusterOptions extends ReleaseOptions, StorageOptions, SchedulingOptions, NetworkOptions, ShutdownOptions {
  /**
   * Odd number of nodes: 1 for development, 3 to survive the loss of one, 5 to survive two.
   * @default 3
   */
  readonly nodes?: 1 | 3 | 5 | 7;
  /**
   * CPU and memory of each node. The memory watermark is 60 % of it.
   * @default { cpu: '1', memory: '2Gi' }
   */
  readonly resources?: Resources;
  /**
   * Permit transient non-exclusive queues, which RabbitMQ 4.3 refuses. Needed while Celery clients before 5.7 use `rpc://` results.
   * @default false
   */
  readonly permitTransientQueues?: boolean;
  /**
   * Have the API server refuse fewer nodes until the runbook was followed. Needs Kubernetes 1.30 and the right to create a
   * ValidatingAdmissionPolicy; a single node has none.
   * @default true
   */
  readonly shrinkGuard?: boolean;
  /**
   * Plugins beside the ones the system needs, for example 'rabbitmq_shovel' (RabbitMQ documentation, plugins). Their ports, if any, are
   * in no Service.
   * @default []
   */
  readonly plugins?: readonly string[];
  /**
   * More settings of rabbitmq.conf, by key (RabbitMQ documentation, configure). They come last, so they win; what the system relies on, and secrets, are refused. A key that
   * RabbitMQ does not know keeps the nodes from starting.
   * @default {}
   */
  readonly configuration?: Readonly<Record<string, string>>;
  /**
   * Encrypt connections to the broker, and let clients know that it is the right one.
   * @default - no TLS
   */
  readonly tls?: TlsOptions;
  /**
   * Labels of the broker's pods alone; `labels` of the TaskCluster are for all.
   * @default {}
   */
  readonly podLabels?: Readonly<Record<string, string>>;
  /**
   * Annotations of the broker's pods alone; `annotations` of the TaskCluster are for all.
   * @default {}
   */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

export const RABBITMQ_DEFAULTS = {
  nodes: 3,
  resources: { cpu: '1', memory: '2Gi' },
  permitTransientQueues: false,
  shrinkGuard: true,
  plugins: [],
  configuration: {},
  podLabels: {},
  podAnnotations: {},
  ...RELEASE_DEFAULTS,
  ...STORAGE_DEFAULTS,
  ...SCHEDULING_DEFAULTS,
  ...SHUTDOWN_DEFAULTS,
} as const satisfies RabbitmqClusterOptions;

type Own = 'nodes' | 'resources' | 'permitTransientQueues' | 'shrinkGuard' | 'plugins' | 'configuration' | 'podLabels' | 'podAnnotations';

/** The options with every default filled in. */
export type ResolvedRabbitmqOptions = Required<Pick<RabbitmqClusterOptions, Own>> &
  ResolvedRelease &
  ResolvedStorage &
  ResolvedScheduling &
  ResolvedShutdown &
  NetworkOptions &
  Pick<RabbitmqClusterOptions, 'tls'>;

/** Fills in the defaults, the ones that follow from other options last. */
export function resolveRabbitmqOptions(options: RabbitmqClusterOptions, images?: ImageOptions): ResolvedRabbitmqOptions {
  const given = { ...RABBITMQ_DEFAULTS, ...withoutUndefined(options) };
  return { ...given, ...resolveRelease(given, images), ...resolveShutdown(given, given.nodes) };
}
