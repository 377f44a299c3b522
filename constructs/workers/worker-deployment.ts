import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { ENVIRONMENT, type EnvironmentVariable } from '../../workers/environment';
import { encodeTopology, limitsOf, type Topology } from '../../workers/topology';
import type { Broker } from '../broker';
import { workerUser } from '../broker-users';
import { type ImageOptions, pullPolicy, pullSecrets } from '../images';
import {
  checksum,
  fieldEnv,
  labelsOf,
  RESTRICTED_CONTAINER,
  resourceRequirements,
  restrictedPod,
  type Resources,
  serviceAccount,
  tolerateLostNode,
} from '../pod';
import type { RedisResultsOptions } from '../results';
import { resultsAccess } from './results-access';

export interface WorkerDeploymentProps {
  /** Name of the Deployment. */
  readonly name: string;
  /** Name of the task system it belongs to. */
  readonly partOf: string;
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
  /** Tasks at once in each worker; also its prefetch. */
  readonly concurrency: number;
  readonly resources: Resources;
  /** The Redis that keeps results. @default - none: results go over `rpc://` */
  readonly redis?: RedisResultsOptions | undefined;
  /** Number of workers; leave it out when an autoscaler sets it, or the two fight at every apply. */
  readonly replicas?: number;
}

export const TOPOLOGY_FILE = 'topology.json';

const PATHS = { topology: '/etc/warren/topology', credentials: '/etc/warren/broker-user' } as const;
const HEALTH_PORT = 8080;
/** Over 10000, so that it is nobody on the host; the worker image runs under any number. */
const UID = 10001;
/** Seconds between the end of the drain and SIGKILL, for the last acks and the closing of connections. */
const EXIT_MARGIN = 5;

/** Value of the label `app.kubernetes.io/component` of every worker. */
export const WORKER_COMPONENT = 'worker';

/** One worker group: the pods that run the tasks of some queues. */
export class WorkerDeployment extends Construct {
  readonly serviceAccount: k8s.KubeServiceAccount;
  readonly deployment: k8s.KubeDeployment;
  /** Longest of the queues' grace periods, in seconds. */
  readonly gracePeriodSeconds: number;

  constructor(scope: Construct, id: string, props: WorkerDeploymentProps) {
    super(scope, id);
    const queues = props.topology.queues.filter((queue) => props.queues.includes(queue.name));
    this.gracePeriodSeconds = Math.max(...queues.map((queue) => limitsOf(queue).gracePeriodSeconds));
    const labels = labelsOf(props.name, WORKER_COMPONENT, props.partOf);
    this.serviceAccount = serviceAccount(this, props.name, labels.all);
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: { name: props.name, labels: labels.all },
      spec: {
        replicas: props.replicas,
        selector: { matchLabels: labels.selector },
        template: {
          // The worker reads its topology once, at start.
          metadata: { labels: labels.all, annotations: checksum(encodeTopology(props.topology)) },
          spec: this.renderPod(props, labels.selector),
        },
      },
    });
  }

  private renderPod(props: WorkerDeploymentProps, selector: Record<string, string>): k8s.PodSpec {
    return {
      ...restrictedPod(UID, this.serviceAccount.name),
      ...pullSecrets(props.images),
      terminationGracePeriodSeconds: this.gracePeriodSeconds,
      tolerations: tolerateLostNode(30),
      topologySpreadConstraints: [
        {
          topologyKey: 'kubernetes.io/hostname',
          maxSkew: 1,
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selector },
        },
      ],
      containers: [this.renderContainer(props)],
      volumes: [
        { name: 'topology', configMap: { name: props.topologyConfig.name } },
        { name: 'broker-user', secret: { secretName: props.broker.secretOf(workerUser(props.group)) } },
        ...resultsAccess(props.redis).volumes,
        { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('64Mi') } },
      ],
    };
  }

  private renderContainer(props: WorkerDeploymentProps): k8s.Container {
    const probe = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('health') } });
    return {
      name: 'worker',
      image: props.image,
      imagePullPolicy: pullPolicy(props.images),
      args: ['worker'],
      env: this.renderEnvironment(props),
      ports: [{ name: 'health', containerPort: HEALTH_PORT }],
      // Alive means that the event loop turns; a broker that is away is no reason to restart a worker.
      livenessProbe: { ...probe('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
      readinessProbe: { ...probe('/readyz'), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
      resources: resourceRequirements(props.resources),
      ...RESTRICTED_CONTAINER,
      volumeMounts: [
        { name: 'topology', mountPath: PATHS.topology, readOnly: true },
        { name: 'broker-user', mountPath: PATHS.credentials, readOnly: true },
        ...resultsAccess(props.redis).volumeMounts,
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };
  }

  private renderEnvironment(props: WorkerDeploymentProps): k8s.EnvVar[] {
    const values: Record<
      Exclude<EnvironmentVariable, typeof ENVIRONMENT.nodeName | typeof ENVIRONMENT.maxTasks | typeof ENVIRONMENT.broadcasts>,
      string
    > = {
      [ENVIRONMENT.topology]: `${PATHS.topology}/${TOPOLOGY_FILE}`,
      [ENVIRONMENT.brokerHosts]: props.broker.hosts.join(','),
      [ENVIRONMENT.brokerCredentials]: PATHS.credentials,
      [ENVIRONMENT.queues]: props.queues.join(','),
      [ENVIRONMENT.concurrency]: String(props.concurrency),
      [ENVIRONMENT.healthPort]: String(HEALTH_PORT),
      [ENVIRONMENT.drainSeconds]: String(this.gracePeriodSeconds - EXIT_MARGIN),
    };
    return [
      fieldEnv('POD_NAME', 'metadata.name'),
      { name: ENVIRONMENT.nodeName, value: `${props.group}@$(POD_NAME)` },
      ...(props.broadcasts?.length ? [{ name: ENVIRONMENT.broadcasts, value: props.broadcasts.join(',') }] : []),
      ...Object.entries({ ...values, ...resultsAccess(props.redis).env }).map(([name, value]) => ({ name, value })),
    ];
  }
}
