import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { throwIfAny } from '../workers/problems';
import { encodeTopology, type QueueDeclaration, resolveTopology, type Route, type Topology, withoutUndefined } from '../workers/topology';
import { encodeSecrets, type SecretDeclaration } from '../workers/secrets/secret';
import type { Broker, BrokerProvider } from './broker';
import { type BrokerUser, brokerUsers } from './broker-users';
import { Flower, type FlowerOptions } from './flower';
import { NetworkPolicies } from './network-policies';
import { NETWORK_POLICY_DEFAULTS, type NetworkPolicyOptions } from './network-policy-options';
import { type ImageOptions, imageOptions } from './images';
import { addMetadata, type MetadataOptions } from './metadata';
import { labelsOf, type Resources } from './pod';
import { QueueAutoscaler, type Scale } from './autoscaling/queue-autoscaler';
import { RabbitmqCluster } from './rabbitmq/rabbitmq-cluster';
import { redisSecret, type ResultsOptions } from './results';
import { SecretSource } from './secrets';
import { taskClusterProblems } from './task-cluster-rules';
import { TOPOLOGY_COMPONENT, TopologyJob, type TopologyJobOptions } from './topology-job';
import { TOPOLOGY_FILE, WorkerDeployment } from './workers/worker-deployment';

/** One kind of worker: a Deployment that serves some of the queues. */
export interface WorkerGroup<Q extends string = string> {
  /** Queues it consumes. A task that may take long should not share a group with short ones: they would wait behind it. */
  readonly queues: readonly Q[];
  /**
   * Broadcasts each of its workers listens to.
   * @default []
   */
  readonly broadcasts?: readonly string[];
  /**
   * Tasks at once in each worker; also its prefetch, so no worker hoards what another could run.
   * @default 1
   */
  readonly concurrency?: number;
  /**
   * Let KEDA choose the number of workers.
   * @default - a fixed number, see `replicas`
   */
  readonly scale?: Scale;
  /**
   * Fixed number of workers, when there is no `scale`.
   * @default 1
   */
  readonly replicas?: number;
  /** @default { cpu: '100m', memory: '256Mi' } */
  readonly resources?: Resources;
  /** @default - the cluster's `image` */
  readonly image?: string;
}

export const WORKER_DEFAULTS = { broadcasts: [], concurrency: 1, replicas: 1, resources: { cpu: '100m', memory: '256Mi' } } as const;

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
  /** Worker groups by name. */
  readonly workers: Readonly<Record<string, WorkerDeployment>>;
  /** Autoscalers of the groups that have a `scale`. */
  readonly autoscalers: Readonly<Record<string, QueueAutoscaler>>;
  readonly flower: Flower | undefined;
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
    const users = brokerUsers(
      this.topology,
      mapValues(props.workers, (group) => group.queues),
      mapValues(props.workers, (group) => group.broadcasts),
    );
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
    this.workers = mapValues(props.workers, (group, name) => this.createWorkers(name, group, props));
    this.autoscalers = mapValues(scaled(props.workers), (group, name) => this.createAutoscaler(name, group));
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
    const { queues, broadcasts, concurrency, resources, replicas, scale } = { ...WORKER_DEFAULTS, ...withoutUndefined(options) };
    return new WorkerDeployment(this, `Workers-${group}`, {
      ...this.common(`worker-${group}`),
      group,
      image: options.image ?? image,
      topologyConfig: this.topologyConfig,
      queues,
      broadcasts,
      concurrency,
      resources,
      redis: results?.redis,
      replicas: scale ? undefined : replicas,
    });
  }

  private createAutoscaler(group: string, options: WorkerGroup & { scale: Scale }): QueueAutoscaler {
    const name = `${this.name}-worker-${group}`;
    return new QueueAutoscaler(this, `Autoscaler-${group}`, {
      ...this.common(`worker-${group}`),
      ...options.scale,
      target: name,
      queues: options.queues,
      concurrency: options.concurrency ?? WORKER_DEFAULTS.concurrency,
    });
  }

  private createNetworkPolicies({ networkPolicies = {}, secrets, results }: TaskClusterProps<Q>): NetworkPolicies | undefined {
    const { enabled = NETWORK_POLICY_DEFAULTS.enabled, ...rest } = networkPolicies;
    if (!enabled) return undefined;
    return new NetworkPolicies(this, 'NetworkPolicies', {
      ...rest,
      name: this.name,
      broker: this.broker,
      hasFlower: this.flower !== undefined,
      hasAutoscaler: Object.keys(this.autoscalers).length > 0,
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

function scaled(workers: TaskClusterProps['workers']): Record<string, WorkerGroup & { scale: Scale }> {
  return Object.fromEntries(
    Object.entries(workers).flatMap(([name, group]) => (group.scale ? [[name, { ...group, scale: group.scale }]] : [])),
  );
}

function mapValues<T, R>(values: Readonly<Record<string, T>>, map: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
}
