import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { throwIfAny } from '../workers/problems';
import { encodeTopology, type QueueDeclaration, resolveTopology, type Route, type Topology, withoutUndefined } from '../workers/topology';
import type { RemoteControlMode } from '../workers/environment';
import { encodeSecrets, type SecretDeclaration } from '../workers/secrets/secret';
import type { Broker, BrokerProvider } from './broker';
import { type BrokerUser, brokerUsers } from './broker-users';
import { Flower, type FlowerOptions } from './flower';
import { NetworkPolicies } from './network-policies';
import { NETWORK_POLICY_DEFAULTS, type NetworkPolicyOptions } from './network-policy-options';
import { type ImageOptions, imageOptions } from './images';
import { addMetadata, type MetadataOptions } from './metadata';
import { labelsOf, type Resources } from './pod';
import type { Budget } from './autoscaling/budget';
import { CpuAutoscaler } from './autoscaling/cpu-autoscaler';
import type { JobScale } from './autoscaling/job-scale';
import { watchedByKeda } from './autoscaling/keda-user';
import { QueueAutoscaler } from './autoscaling/queue-autoscaler';
import type { CpuScale, Scale } from './autoscaling/scale';
import { RabbitmqCluster } from './rabbitmq/rabbitmq-cluster';
import { redisSecret, type ResultsOptions } from './results';
import { SecretSource } from './secrets';
import { taskClusterProblems } from './task-cluster-rules';
import { TOPOLOGY_COMPONENT, TopologyJob, type TopologyJobOptions } from './topology-job';
import { TOPOLOGY_FILE } from './workers/container';
import { DeletionCostAccess } from './workers/deletion-cost-access';
import type { WorkerOptions } from './workers/options';
import { WorkerDeployment } from './workers/worker-deployment';
import { WorkerJobs } from './workers/worker-jobs';

/** One kind of worker: a Deployment that serves some of the queues. */
export interface WorkerGroup<Q extends string = string> extends WorkerOptions {
  /** Queues it consumes. A task that may take long should not share a group with short ones: they would wait behind it. */
  readonly queues: readonly Q[];
  /**
   * Broadcasts each of its workers listens to.
   * @default []
   */
  readonly broadcasts?: readonly string[];
  /**
   * Tasks at once in each worker; also its prefetch for each queue, so a worker of one queue holds nothing that another could run. One of
   * several queues may hold as many again for each further queue while all its slots are taken.
   * @default 1
   */
  readonly concurrency?: number;
  /**
   * Let KEDA choose the number of workers. At most one of `scale`, `hpa`, `jobs` and `replicas` may be given.
   * @default - a fixed number, see `replicas`
   */
  readonly scale?: Scale;
  /**
   * Let a plain HorizontalPodAutoscaler choose it by the CPU, in clusters without KEDA.
   * @default - a fixed number, see `replicas`
   */
  readonly hpa?: CpuScale;
  /**
   * Have KEDA start a Job for each task, instead of a Deployment whose workers run many.
   * @default - a Deployment
   */
  readonly jobs?: JobScale;
  /**
   * Fixed number of workers.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * The worker's own. The limit of Node's heap follows from the memory: see `nodeOptions`.
   * @default { cpu: '100m', memory: '256Mi' }
   */
  readonly resources?: Resources;
  /** @default - the cluster's `image` */
  readonly image?: string;
  /**
   * What others may do with its workers by Celery's remote control (docs/remote-control.md): `all`, `read-only` or `off`.
   * @default 'all' - as Celery does; everybody who may send tasks may also revoke them and shut workers down
   */
  readonly remoteControl?: RemoteControlMode;
  /**
   * Send an event for every step of every task, also when no monitor has asked for them. Flower asks.
   * @default false
   */
  readonly taskEvents?: boolean;
}

export const WORKER_DEFAULTS = {
  broadcasts: [],
  concurrency: 1,
  replicas: 1,
  resources: { cpu: '100m', memory: '256Mi' },
  remoteControl: 'all',
  taskEvents: false,
} as const;

export interface TaskClusterProps<Q extends string = string> extends ImageOptions, MetadataOptions {
  /**
   * Beginning of every object's name.
   * @default 'tasks'
   */
  readonly name?: string;
  /** Image of the workers, with a tag or digest; built from workers/Dockerfile. */
  readonly image: string;
  /**
   * Where the tasks live.
   * @default RabbitmqCluster.of()
   */
  readonly broker?: BrokerProvider;
  /**
   * RabbitMQ virtual host.
   * @default 'tasks'
   */
  readonly virtualHost?: string;
  /**
   * Let tasks with a countdown or ETA wait in the broker: Celery's native delayed delivery, 28 quorum queues.
   * @default true
   */
  readonly delayedDelivery?: boolean;
  /**
   * Names of broadcasts: a task sent to one runs once in every worker that listens to it (Celery's `Broadcast` queues).
   * @default []
   */
  readonly broadcasts?: readonly string[];
  /** Queues by name. The first takes every task that nothing sends elsewhere. */
  readonly queues: Readonly<Record<Q, QueueDeclaration>>;
  /**
   * Task name, or a pattern with `*`, -> queue, or a rule such as `bySize`.
   * @default - tasks go to the queue they name, else to the first queue
   */
  readonly routes?: Readonly<Record<string, Route<NoInfer<Q>>>>;
  /** Worker groups by name. */
  readonly workers: Readonly<Record<string, WorkerGroup<NoInfer<Q>>>>;
  /**
   * What all workers together may take when every group has its most.
   * @default {} - nothing is checked
   */
  readonly budget?: Budget;
  /**
   * The web page that shows workers and tasks; `{}` for one with the defaults.
   * @default - no Flower
   */
  readonly flower?: FlowerOptions;
  /**
   * Where results are kept.
   * @default - nowhere: they go to the sender over `rpc://`
   */
  readonly results?: ResultsOptions;
  /**
   * Where the Secrets come from.
   * @default SecretSource.existing()
   */
  readonly secrets?: SecretSource;
  /** The Job that brings changes of the declaration to the running broker. @default - no annotations */
  readonly topologyJob?: TopologyJobOptions;
  /**
   * Who may connect to the task system, and what its tasks may connect to.
   * @default {} - only what the task system needs; tasks reach nothing but the broker
   */
  readonly networkPolicies?: NetworkPolicyOptions;
}

/** Annotation that lists the Secrets which must exist, as JSON; read by `npm run secrets`. */
export const SECRETS_ANNOTATION = 'warren/secrets';

/** A whole task system from one declaration: broker, workers, autoscaling and Flower, with numbers and names that agree. */
export class TaskCluster<const Q extends string = string> extends Construct {
  readonly topology: Topology;
  readonly broker: Broker;
  readonly topologyConfig: k8s.KubeConfigMap;
  /** Absent where the owner of the broker brings about the topology. */
  readonly topologyJob: TopologyJob | undefined;
  /** Worker groups by name, those with `jobs` left out. */
  readonly workers: Readonly<Record<string, WorkerDeployment>>;
  /** Worker groups that have `jobs`. */
  readonly jobs: Readonly<Record<string, WorkerJobs>>;
  /** Autoscalers of the groups that have a `scale`. */
  readonly autoscalers: Readonly<Record<string, QueueAutoscaler>>;
  /** Autoscalers of the groups that have an `hpa`. */
  readonly cpuAutoscalers: Readonly<Record<string, CpuAutoscaler>>;
  readonly flower: Flower | undefined;
  /** Absent where no worker writes its deletion cost. */
  readonly deletionCostAccess: DeletionCostAccess | undefined;
  readonly networkPolicies: NetworkPolicies | undefined;
  /** Every Secret that must exist. */
  readonly secrets: readonly SecretDeclaration[];

  private readonly name: string;
  private readonly images: ImageOptions;

  /** @throws InvalidConfiguration with everything that is wrong with `props` */
  constructor(scope: Construct, id: string, props: TaskClusterProps<Q>) {
    super(scope, id);
    const provider = props.broker ?? RabbitmqCluster.of();
    throwIfAny(taskClusterProblems(scope, props, provider));
    this.name = props.name ?? 'tasks';
    this.images = imageOptions(props);
    this.topology = resolveTopology(props);
    const declared = brokerUsers(
      this.topology,
      mapValues(props.workers, (group) => group.queues),
      mapValues(props.workers, (group) => group.broadcasts),
    );
    const watched = overAmqp(props.workers).flatMap(({ queues }) => queues);
    const users = watchedByKeda(declared, watched);
    this.broker = this.createBroker(provider, users);
    this.topologyJob = this.createTopologyJob(users, props);
    this.flower = props.flower && new Flower(this, 'Flower', { ...props.flower, ...this.common('flower') });
    this.secrets = [
      ...this.broker.secrets,
      ...(this.flower ? [this.flower.login] : []),
      ...(props.results ? [redisSecret(props.results.redis)] : []),
    ];
    this.topologyConfig = this.createTopologyConfig();
    this.createSecrets(props);
    this.workers = mapValues(without('jobs', props.workers), (group, name) => this.createWorkers(name, group, props));
    this.jobs = mapValues(having('jobs', props.workers), (group, name) => this.createJobs(name, group, props));
    this.autoscalers = mapValues(having('scale', props.workers), (group, name) => this.createAutoscaler(name, group));
    this.cpuAutoscalers = mapValues(having('hpa', props.workers), (group, name) => this.createCpuAutoscaler(name, group));
    this.deletionCostAccess = this.createDeletionCostAccess();
    this.networkPolicies = this.createNetworkPolicies(props);
    addMetadata(this, props);
  }

  private createTopologyJob(users: readonly BrokerUser[], props: TaskClusterProps<Q>): TopologyJob | undefined {
    const { image, topologyJob } = props;
    const { definitionsFile } = this.broker;
    if (!definitionsFile) return undefined;
    const common = { ...this.common('topology'), image, users, definitionsFile, metadata: metadataOf(props) };
    return new TopologyJob(this, 'TopologyJob', { ...topologyJob, ...common });
  }

  private createBroker(provider: BrokerProvider, users: readonly BrokerUser[]): Broker {
    return provider.create(this, 'Broker', {
      name: `${this.name}-broker`,
      partOf: this.name,
      topology: this.topology,
      users,
      images: this.images,
    });
  }

  private createSecrets(props: TaskClusterProps<Q>): void {
    const { image, secrets = SecretSource.existing() } = props;
    const { name, images } = this;
    secrets.create(this, 'Secrets', {
      name: `${name}-secrets`,
      partOf: name,
      image,
      images,
      secrets: this.secrets,
      metadata: metadataOf(props),
    });
  }

  private createTopologyConfig(): k8s.KubeConfigMap {
    const name = `${this.name}-topology`;
    return new k8s.KubeConfigMap(this, 'Topology', {
      metadata: {
        name,
        labels: labelsOf(name, TOPOLOGY_COMPONENT, this.name).all,
        annotations: { [SECRETS_ANNOTATION]: encodeSecrets(this.secrets) },
      },
      data: { [TOPOLOGY_FILE]: encodeTopology(this.topology) },
    });
  }

  private createWorkers(group: string, options: WorkerGroup, { image, results }: TaskClusterProps<Q>): WorkerDeployment {
    const { scale, hpa, jobs: _, replicas, ...rest } = { ...WORKER_DEFAULTS, image, ...withoutUndefined(options) };
    const isScaled = scale !== undefined || hpa !== undefined;
    return new WorkerDeployment(this, `Workers-${group}`, {
      ...rest,
      ...this.common(`worker-${group}`),
      group,
      topologyConfig: this.topologyConfig,
      redis: results?.redis,
      deletionCost: rest.deletionCost ?? isScaled,
      replicas: isScaled ? undefined : replicas,
    });
  }

  private createJobs(group: string, { jobs, ...options }: Having<'jobs'>, { image, results }: TaskClusterProps<Q>): WorkerJobs {
    return new WorkerJobs(this, `Jobs-${group}`, {
      ...WORKER_DEFAULTS,
      image,
      ...withoutUndefined(options),
      ...this.common(`worker-${group}`),
      ...jobs,
      group,
      redis: results?.redis,
      topologyConfig: this.topologyConfig,
    });
  }

  private createCpuAutoscaler(group: string, options: Having<'hpa'>): CpuAutoscaler {
    const common = this.common(`worker-${group}`);
    return new CpuAutoscaler(this, `CpuAutoscaler-${group}`, { ...common, ...options.hpa, target: common.name, queues: options.queues });
  }

  private createAutoscaler(group: string, options: Having<'scale'>): QueueAutoscaler {
    const common = this.common(`worker-${group}`);
    return new QueueAutoscaler(this, `Autoscaler-${group}`, {
      ...common,
      ...options.scale,
      target: common.name,
      queues: options.queues,
      concurrency: options.concurrency ?? WORKER_DEFAULTS.concurrency,
    });
  }

  private createDeletionCostAccess(): DeletionCostAccess | undefined {
    const writers = Object.values(this.workers).filter((worker) => worker.writesDeletionCost);
    if (writers.length === 0) return undefined;
    const { namespace = '' } = Chart.of(this);
    const access = new DeletionCostAccess(this, 'DeletionCost', {
      name: `${this.name}-deletion-cost`,
      partOf: this.name,
      namespace,
      serviceAccounts: writers.map(({ serviceAccountName }) => serviceAccountName),
    });
    // Applied first: a worker that is refused tries again only after a minute.
    for (const { deployment } of writers) deployment.node.addDependency(access);
    return access;
  }

  private createNetworkPolicies({ networkPolicies = {}, secrets, workers, results }: TaskClusterProps<Q>): NetworkPolicies | undefined {
    const { enabled = NETWORK_POLICY_DEFAULTS.enabled, ...rest } = networkPolicies;
    if (!enabled) return undefined;
    return new NetworkPolicies(this, 'NetworkPolicies', {
      ...rest,
      name: this.name,
      broker: this.broker,
      hasFlower: this.flower !== undefined,
      hasAutoscaler: Object.keys({ ...this.autoscalers, ...this.jobs }).length > 0,
      hasAmqpAutoscaler: overAmqp(workers).length > 0,
      deletionCost: mapValues(writers(this.workers), (worker) => worker.selector),
      hasSecretsJob: secrets?.hasJob ?? false,
      hasTopologyJob: this.topologyJob !== undefined,
      redis: results?.redis,
    });
  }

  private common(suffix: string) {
    return { name: `${this.name}-${suffix}`, partOf: this.name, topology: this.topology, broker: this.broker, images: this.images };
  }
}

function metadataOf({ labels, annotations }: MetadataOptions): MetadataOptions {
  return { labels: labels ?? {}, annotations: annotations ?? {} };
}

/** A worker group in which an option is given. */
type Having<K extends keyof WorkerGroup> = WorkerGroup & { readonly [key in K]-?: NonNullable<WorkerGroup[K]> };

function having<K extends keyof WorkerGroup>(key: K, workers: TaskClusterProps['workers']): Record<string, Having<K>> {
  const has = (entry: [string, WorkerGroup]): entry is [string, Having<K>] => entry[1][key] !== undefined;
  return Object.fromEntries(Object.entries(workers).filter(has));
}

function without(key: keyof WorkerGroup, workers: TaskClusterProps['workers']): Record<string, WorkerGroup> {
  return Object.fromEntries(Object.entries(workers).filter(([, group]) => group[key] === undefined));
}

function overAmqp(workers: TaskClusterProps['workers']): WorkerGroup[] {
  return Object.values(workers).filter(({ scale }) => scale?.protocol === 'amqp');
}

function mapValues<T, R>(values: Readonly<Record<string, T>>, map: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
}

/** Workers that write their deletion cost, by the name of their Deployment. */
function writers(workers: Readonly<Record<string, WorkerDeployment>>): Record<string, WorkerDeployment> {
  return Object.fromEntries(
    Object.values(workers)
      .filter((worker) => worker.writesDeletionCost)
      .map((worker) => [worker.deployment.name, worker]),
  );
}
