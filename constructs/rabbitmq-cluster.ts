import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Problem } from '../workers/problems';
import { withoutUndefined } from '../workers/topology';
import { type Broker, type BrokerContext, type BrokerProvider, type SecretDeclaration, secretName, userSecret } from './broker';
import type { BrokerUser } from './broker-users';
import { checksum, labelsOf, type Resources } from './pod';
import { diskFreeLimitBytes, enabledPlugins, PORTS, rabbitmqConf } from './rabbitmq-config';
import { definitions } from './rabbitmq-definitions';
import { amountOf } from './quantity';
import { brokerPodSpec, COOKIE_KEY, cookieSecret, DATA_VOLUME } from './rabbitmq-pod';
import { PREPARE_SCRIPT, START_SCRIPT } from './rabbitmq-scripts';
import { RABBITMQ_LINES, RABBITMQ_VERSIONS, type RabbitmqVersion } from './rabbitmq-versions';
import { flag, image, join, oneOf, optional, problem, quantity, type Rule, shape, text } from './rules';

export interface RabbitmqClusterOptions {
  /**
   * Odd number of nodes: 1 for development, 3 to survive the loss of one, 5 to survive two.
   * @default 3
   */
  readonly nodes?: 1 | 3 | 5 | 7;
  /**
   * RabbitMQ release line; see `RABBITMQ_LINES`.
   * @default '4.3'
   */
  readonly version?: RabbitmqVersion;
  /**
   * Image of the nodes. It must be a `-management` one: KEDA and Flower call the management API.
   * @default - the official image at the newest patch of `version`
   */
  readonly image?: string;
  /**
   * CPU and memory of each node. The memory watermark is 60 % of it.
   * @default { cpu: '1', memory: '2Gi' }
   */
  readonly resources?: Resources;
  /**
   * Size of each node's volume; at least three times the free-disk limit that follows from the memory.
   * @default '10Gi'
   */
  readonly storage?: string;
  /**
   * StorageClass of the volumes.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * Permit transient non-exclusive queues, which RabbitMQ 4.3 refuses. Needed while Celery clients before 5.7 use `rpc://` results.
   * @default false
   */
  readonly permitTransientQueues?: boolean;
}

export const RABBITMQ_DEFAULTS = {
  nodes: 3,
  version: '4.3',
  resources: { cpu: '1', memory: '2Gi' },
  storage: '10Gi',
  permitTransientQueues: false,
} as const satisfies RabbitmqClusterOptions;

const LEAST_MEMORY = '256Mi';

export interface RabbitmqClusterProps extends RabbitmqClusterOptions, BrokerContext {}

/** The official image without `-management` collects no figures: KEDA would read 0 and remove the workers. */
const brokerImage: Rule = (value, path) => {
  const problems = image(value, path);
  const plain = /(^|\/)rabbitmq:(?!.*management)/.test(String(value));
  return plain && problems.length === 0
    ? [problem(path, value, 'must be a -management image (KEDA and Flower call the management API)', `write "${String(value)}-management"`)]
    : problems;
};

const optionsShape = shape<RabbitmqClusterOptions>({
  nodes: optional(oneOf([1, 3, 5, 7], 'use 3 (an even number survives no more losses than the odd one below it)')),
  version: optional(oneOf(RABBITMQ_VERSIONS)),
  image: optional(brokerImage),
  resources: optional(shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') })),
  storage: optional(quantity('bytes')),
  storageClass: optional(
    text(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a StorageClass', 'use one of "kubectl get storageclass"'),
  ),
  permitTransientQueues: optional(flag),
});

/** A RabbitMQ cluster on the official image: no operator, no custom image, no access to the Kubernetes API. */
export class RabbitmqCluster extends Construct implements Broker {
  /** A broker for a `TaskCluster`. */
  static of(options: RabbitmqClusterOptions = {}): BrokerProvider {
    return {
      validate: (path) => clusterProblems(options, path),
      create: (scope, id, context) => new RabbitmqCluster(scope, id, { ...options, ...context }),
    };
  }

  readonly hosts: readonly string[];
  readonly address: string;
  readonly managementUrl: string;
  readonly secrets: readonly SecretDeclaration[];

  /** Gives every node its name; also the unready ones, because nodes must find each other before they are ready. */
  readonly nodesService: k8s.KubeService;
  /** Ready nodes, for clients. */
  readonly service: k8s.KubeService;
  readonly config: k8s.KubeConfigMap;
  readonly statefulSet: k8s.KubeStatefulSet;
  /** Keeps voluntary evictions to one node at a time; there is none for a single node, which it could only block. */
  readonly disruptionBudget: k8s.KubePodDisruptionBudget | undefined;

  private readonly name: string;
  private readonly options: Required<Omit<RabbitmqClusterOptions, 'storageClass'>> & Pick<RabbitmqClusterOptions, 'storageClass'>;
  private readonly labels: ReturnType<typeof labelsOf>;
  private readonly files: Record<string, string>;

  constructor(scope: Construct, id: string, props: RabbitmqClusterProps) {
    super(scope, id);
    const { name, partOf, topology, users, ...options } = props;
    const version = options.version ?? RABBITMQ_DEFAULTS.version;
    this.name = name;
    this.options = { ...RABBITMQ_DEFAULTS, image: `rabbitmq:${RABBITMQ_LINES[version].patch}-management`, ...withoutUndefined(options) };
    this.labels = labelsOf(name, 'broker', partOf);
    this.files = {
      'rabbitmq.conf': rabbitmqConf({ ...this.options, clusterName: name, memory: this.options.resources.memory }),
      enabled_plugins: enabledPlugins(),
      'definitions.json': definitions(topology, users),
      'prepare.sh': PREPARE_SCRIPT,
      'start.sh': START_SCRIPT,
    };
    this.secrets = [{ name: cookieSecret(name), keys: { [COOKIE_KEY]: 'random' } }, ...users.map((user) => userSecret(name, user.name))];

    this.nodesService = this.renderNodesService();
    this.service = this.renderService();
    this.config = new k8s.KubeConfigMap(this, 'Config', {
      metadata: { name: `${name}-config`, labels: this.labels.all },
      data: this.files,
    });
    this.statefulSet = this.renderStatefulSet(users);
    this.disruptionBudget = this.options.nodes > 1 ? this.renderDisruptionBudget() : undefined;

    const domain = this.nodesService.metadata.namespace ?? 'default';
    this.hosts = Array.from({ length: this.options.nodes }, (_, ordinal) => `${name}-${ordinal}.${name}-nodes.${domain}.svc:${PORTS.amqp}`);
    this.address = `${name}.${domain}.svc:${PORTS.amqp}`;
    this.managementUrl = `http://${name}.${domain}.svc:${PORTS.management}/`;
  }

  secretOf(user: string): string {
    return secretName(this.name, user);
  }

  private renderNodesService(): k8s.KubeService {
    return new k8s.KubeService(this, 'Nodes', {
      metadata: { name: `${this.name}-nodes`, labels: this.labels.all },
      spec: {
        clusterIp: 'None',
        publishNotReadyAddresses: true,
        selector: this.labels.selector,
        ports: [servicePort('epmd', PORTS.epmd), servicePort('distribution', PORTS.distribution), servicePort('amqp', PORTS.amqp, 'amqp')],
      },
    });
  }

  private renderService(): k8s.KubeService {
    return new k8s.KubeService(this, 'Service', {
      metadata: { name: this.name, labels: this.labels.all },
      spec: {
        selector: this.labels.selector,
        ports: [
          servicePort('amqp', PORTS.amqp, 'amqp'),
          servicePort('management', PORTS.management, 'http'),
          servicePort('prometheus', PORTS.prometheus, 'http'),
        ],
      },
    });
  }

  private renderStatefulSet(users: readonly BrokerUser[]): k8s.KubeStatefulSet {
    const { nodes, storage, storageClass } = this.options;
    return new k8s.KubeStatefulSet(this, 'StatefulSet', {
      metadata: { name: this.name, labels: this.labels.all },
      spec: {
        replicas: nodes,
        serviceName: `${this.name}-nodes`,
        // Node 0 is ready only when all nodes have joined, so nodes must start together.
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: this.labels.selector },
        template: {
          // The definitions are imported at boot, so a change of theirs restarts the nodes one by one, too.
          metadata: { labels: this.labels.all, annotations: checksum(...Object.values(this.files)) },
          spec: brokerPodSpec({ ...this.options, name: this.name, selector: this.labels.selector, users }),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: DATA_VOLUME, labels: this.labels.all },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: storageClass,
              resources: { requests: { storage: k8s.Quantity.fromString(storage) } },
            },
          },
        ],
      },
    });
  }

  private renderDisruptionBudget(): k8s.KubePodDisruptionBudget {
    return new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
      metadata: { name: this.name, labels: this.labels.all },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: this.labels.selector },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

function servicePort(name: string, port: number, appProtocol?: string): k8s.ServicePort {
  return { name, port, targetPort: k8s.IntOrString.fromString(name), appProtocol };
}

/** Everything that is wrong with the options of a cluster. */
export function clusterProblems(options: RabbitmqClusterOptions, path: string): Problem[] {
  const problems = optionsShape(options, path);
  if (problems.length > 0) return problems;
  const { resources, storage } = { ...RABBITMQ_DEFAULTS, ...withoutUndefined(options) };
  if (amountOf(resources.memory) < amountOf(LEAST_MEMORY)) {
    return [
      problem(
        join(path, 'resources', 'memory'),
        resources.memory,
        `must be at least ${LEAST_MEMORY} (an idle node takes 140 MiB)`,
        'raise it',
      ),
    ];
  }
  const limit = diskFreeLimitBytes({ memory: resources.memory, storage });
  if (amountOf(storage) >= 3 * limit) return [];
  const needed = `${Math.ceil((3 * limit) / 2 ** 30)}Gi`;
  const rule = `must be at least three times the free-disk limit, which follows from ${resources.memory} of memory`;
  return [problem(join(path, 'storage'), storage, rule, `use "${needed}" or more, or less memory`)];
}
