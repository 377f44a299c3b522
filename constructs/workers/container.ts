import { k8s } from 'cdk8s-plus-27';
import { ENVIRONMENT, type EnvironmentVariable, type RemoteControlMode } from '../../workers/environment';
import { limitsOf, type Topology } from '../../workers/topology';
import type { Broker } from '../broker';
import { type ImageOptions, pullPolicy } from '../images';
import { fieldEnv, RESTRICTED_CONTAINER, resourceRequirements, type Resources } from '../pod';
import { WORKER_CONTAINER } from './added-containers';
import { childVariables } from './children';
import { DELETION_COST_PARTS } from './deletion-cost';
import { brokerAccess } from './broker-access';
import { nodeOptions } from './node-options';
import type { WorkerOptions } from './options';
import type { RedisResultsOptions } from '../results';
import { renderProbes } from './probes';
import { resultsAccess } from './results-access';
import { renderVariables } from './variables';
import { ephemeralStorage, taskVolumeMounts, taskVolumes } from './volumes';

/** What a worker is made of, wherever it runs. */
export interface WorkerProps extends WorkerOptions {
  /** Name of the worker group; its broker user is `worker-<group>`. */
  readonly group: string;
  readonly image: string;
  /** How the image is pulled. */
  readonly images?: ImageOptions;
  readonly topology: Topology;
  /** ConfigMap that holds topology.json. */
  readonly topologyConfig: k8s.KubeConfigMap;
  readonly broker: Broker;
  /** Names of the queues the group consumes. */
  readonly queues: readonly string[];
  /** Names of the broadcasts the group listens to. @default [] */
  readonly broadcasts?: readonly string[] | undefined;
  /** @default 'all' */
  readonly remoteControl?: RemoteControlMode;
  /** @default false */
  readonly taskEvents?: boolean;
  /** Tasks at once in each worker; also its prefetch. */
  readonly concurrency: number;
  readonly resources: Resources;
  /** The Redis that keeps results. @default - none: results go over `rpc://` */
  readonly redis?: RedisResultsOptions | undefined;
}

export const TOPOLOGY_FILE = 'topology.json';
/** Port of /livez, /readyz and /metrics. */
export const HEALTH_PORT = 8080;

const TOPOLOGY_FOLDER = '/etc/warren/topology';
/** Seconds between the end of the drain and SIGKILL, for the last acks and the closing of connections. */
const EXIT_MARGIN = 5;

/** Seconds between SIGTERM and SIGKILL: the longest grace period of the queues. */
export function gracePeriodOf({ topology, queues }: Pick<WorkerProps, 'topology' | 'queues'>): number {
  const served = topology.queues.filter((queue) => queues.includes(queue.name));
  return Math.max(...served.map((queue) => limitsOf(queue).gracePeriodSeconds));
}

/** The container that runs the tasks. */
export function workerContainer(props: WorkerProps): k8s.Container {
  const port = { name: 'health', containerPort: HEALTH_PORT };
  return {
    name: WORKER_CONTAINER,
    image: props.image,
    imagePullPolicy: pullPolicy(props.images),
    args: ['worker'],
    env: workerEnvironment(props),
    ports: [port],
    ...renderProbes(props.probes ?? {}, k8s.IntOrString.fromString(port.name)),
    resources: resourceRequirements(props.resources, ephemeralStorage(props)),
    ...RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'topology', mountPath: TOPOLOGY_FOLDER, readOnly: true },
      ...brokerAccess(props.broker, props.group).volumeMounts,
      ...resultsAccess(props.redis).volumeMounts,
      ...(props.deletionCost ? [DELETION_COST_PARTS.volumeMount] : []),
      ...taskVolumeMounts(props),
    ],
  };
}

/** The volumes that `workerContainer` mounts, and the user's. */
export function workerVolumes(props: WorkerProps): k8s.Volume[] {
  return [
    { name: 'topology', configMap: { name: props.topologyConfig.name } },
    ...brokerAccess(props.broker, props.group).volumes,
    ...resultsAccess(props.redis).volumes,
    ...(props.deletionCost ? [DELETION_COST_PARTS.volume] : []),
    ...taskVolumes(props),
  ];
}

/** Variables that every worker has, with the same value in each pod. */
type AlwaysSet = Exclude<EnvironmentVariable, (typeof ENVIRONMENT)[(typeof SOMETIMES)[number]]>;
const SOMETIMES = [
  'nodeName',
  'maxTasks',
  'idleSeconds',
  'broadcasts',
  'pod',
  'serviceAccount',
  'maxTasksPerChild',
  'maxMemoryPerChildMib',
  'threadHeapMib',
] as const;

function workerEnvironment(props: WorkerProps): k8s.EnvVar[] {
  const values: Record<AlwaysSet, string> = {
    [ENVIRONMENT.topology]: `${TOPOLOGY_FOLDER}/${TOPOLOGY_FILE}`,
    ...brokerAccess(props.broker, props.group).env,
    [ENVIRONMENT.queues]: props.queues.join(','),
    [ENVIRONMENT.concurrency]: String(props.concurrency),
    [ENVIRONMENT.healthPort]: String(HEALTH_PORT),
    [ENVIRONMENT.drainSeconds]: String(gracePeriodOf(props) - EXIT_MARGIN),
    [ENVIRONMENT.remoteControl]: props.remoteControl ?? 'all',
    [ENVIRONMENT.taskEvents]: String(props.taskEvents ?? false),
  };
  return [
    fieldEnv('POD_NAME', 'metadata.name'),
    { name: ENVIRONMENT.nodeName, value: `${props.group}@$(POD_NAME)` },
    ...Object.entries({ ...values, ...resultsAccess(props.redis).env }).map(([name, value]) => ({ name, value })),
    ...childVariables(props.children ?? {}),
    ...(props.deletionCost ? DELETION_COST_PARTS.env : []),
    ...(props.broadcasts?.length ? [{ name: ENVIRONMENT.broadcasts, value: props.broadcasts.join(',') }] : []),
    { name: 'NODE_OPTIONS', value: nodeOptions(props.resources.memory, props.nodeOptions) },
    ...renderVariables(props),
  ];
}
