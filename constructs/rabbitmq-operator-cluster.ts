import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { RabbitmqCluster as RabbitmqClusterObject, type RabbitmqClusterSpec } from '../imports/rabbitmq.com';
import type { Problem } from '../workers/problems';
import { withoutUndefined } from '../workers/topology';
import { type Broker, type BrokerContext, type BrokerProvider, type SecretDeclaration, secretName, userSecret } from './broker';
import { checksum, labelsOf, resourceRequirements } from './pod';
import { clusterProblems, RABBITMQ_DEFAULTS, type RabbitmqClusterOptions } from './rabbitmq-cluster';
import { operatorConf, PORTS } from './rabbitmq-config';
import { definitions } from './rabbitmq-definitions';
import { operatorPodOverride } from './rabbitmq-operator-pod';
import { antiAffinity, GRACE_PERIOD } from './rabbitmq-pod';
import { OPERATOR_PREPARE_SCRIPT } from './rabbitmq-scripts';
import { RABBITMQ_LINES } from './rabbitmq-versions';
import { type Rule, shape } from './rules';

/** Options that the cluster operator can honour; they mean the same as for `RabbitmqCluster`. */
export type RabbitmqOperatorClusterOptions = Pick<
  RabbitmqClusterOptions,
  'nodes' | 'version' | 'image' | 'resources' | 'storage' | 'storageClass' | 'permitTransientQueues'
>;

export interface RabbitmqOperatorClusterProps extends RabbitmqOperatorClusterOptions, BrokerContext {}

/**
 * A RabbitMQ cluster that the RabbitMQ cluster operator runs, for those who have it: the operator makes StatefulSet, Services, cookie and
 * an unused default user; queues, users, limits and shutdown are as in `RabbitmqCluster`. Its pods mount a token of the Kubernetes
 * API, on which the operator insists.
 */
export class RabbitmqOperatorCluster extends Construct implements Broker {
  /** A broker for a `TaskCluster`. */
  static of(options: RabbitmqOperatorClusterOptions = {}): BrokerProvider {
    return {
      validate: (path) => operatorProblems(options, path),
      create: (scope, id, context) => new RabbitmqOperatorCluster(scope, id, { ...options, ...context }),
    };
  }

  readonly hosts: readonly string[];
  readonly address: string;
  readonly managementUrl: string;
  readonly secrets: readonly SecretDeclaration[];

  readonly config: k8s.KubeConfigMap;
  /** What the operator works on. */
  readonly cluster: RabbitmqClusterObject;
  /** The operator makes none; there is none for a single node, which it could only block. */
  readonly disruptionBudget: k8s.KubePodDisruptionBudget | undefined;

  private readonly name: string;
  private readonly options: typeof RABBITMQ_DEFAULTS & Required<Pick<RabbitmqClusterOptions, 'image'>> & RabbitmqOperatorClusterOptions;
  private readonly labels: Record<string, string>;
  private readonly files: Record<string, string>;

  constructor(scope: Construct, id: string, props: RabbitmqOperatorClusterProps) {
    super(scope, id);
    const { name, partOf, topology, users, ...options } = props;
    const image = `rabbitmq:${RABBITMQ_LINES[options.version ?? RABBITMQ_DEFAULTS.version].patch}-management`;
    this.name = name;
    this.options = { ...RABBITMQ_DEFAULTS, image, ...withoutUndefined(options) } as typeof this.options;
    this.labels = labelsOf(name, 'broker', partOf).all;
    this.files = { 'definitions.json': definitions(topology, users), 'prepare.sh': OPERATOR_PREPARE_SCRIPT };
    this.secrets = users.map((user) => userSecret(name, user.name));

    this.config = new k8s.KubeConfigMap(this, 'Config', { metadata: { name: `${name}-config`, labels: this.labels }, data: this.files });
    this.cluster = new RabbitmqClusterObject(this, 'Cluster', { metadata: { name, labels: this.labels }, spec: this.renderSpec(props) });
    this.disruptionBudget = this.options.nodes > 1 ? this.renderDisruptionBudget() : undefined;

    const domain = Chart.of(this).namespace ?? 'default';
    const node = (ordinal: number) => `${name}-server-${ordinal}.${name}-nodes.${domain}.svc:${PORTS.amqp}`;
    this.hosts = Array.from({ length: this.options.nodes }, (_, ordinal) => node(ordinal));
    this.address = `${name}.${domain}.svc:${PORTS.amqp}`;
    this.managementUrl = `http://${name}.${domain}.svc:${PORTS.management}/`;
  }

  secretOf(user: string): string {
    return secretName(this.name, user);
  }

  private renderSpec({ users }: BrokerContext): RabbitmqClusterSpec {
    const { nodes, image, resources, storage, storageClass } = this.options;
    const selector = podSelector(this.name);
    return {
      replicas: nodes,
      image,
      resources: k8s.toJson_ResourceRequirements(resourceRequirements(resources)),
      persistence: { storage, storageClassName: storageClass },
      affinity: nodes > 1 ? k8s.toJson_Affinity(antiAffinity({ selector })) : undefined,
      terminationGracePeriodSeconds: nodes > 1 ? GRACE_PERIOD : 60,
      rabbitmq: { additionalConfig: operatorConf({ ...this.options, clusterName: this.name, memory: resources.memory }) },
      override: {
        statefulSet: {
          spec: {
            // The operator's default deletes the volumes together with the cluster.
            persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
            template: {
              // The definitions are imported at boot, so a change of theirs restarts the nodes one by one.
              metadata: { annotations: checksum(...Object.values(this.files)) },
              spec: k8s.toJson_PodSpec(operatorPodOverride({ name: this.name, nodes, image, users })),
            },
          },
        },
      },
    };
  }

  private renderDisruptionBudget(): k8s.KubePodDisruptionBudget {
    return new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
      metadata: { name: this.name, labels: this.labels },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: podSelector(this.name) },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

/** How the operator labels the pods of a cluster. */
function podSelector(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': 'rabbitmq' };
}

const anything: Rule = () => [];

/** Keys that `RabbitmqCluster` alone knows are refused before the values are looked at. */
const keys = shape<RabbitmqOperatorClusterOptions>({
  nodes: anything,
  version: anything,
  image: anything,
  resources: anything,
  storage: anything,
  storageClass: anything,
  permitTransientQueues: anything,
});

function operatorProblems(options: RabbitmqOperatorClusterOptions, path: string): Problem[] {
  const unknown = keys(options, path);
  return unknown.length > 0 ? unknown : clusterProblems(options, path);
}
