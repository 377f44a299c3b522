import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Certificate } from '../../imports/cert-manager.io';
import { RabbitmqCluster as RabbitmqClusterObject, type RabbitmqClusterSpec } from '../../imports/rabbitmq.com';
import type { Problem } from '../../workers/problems';
import { withoutUndefined } from '../../workers/topology';
import type { SecretDeclaration } from '../../workers/secrets/secret';
import { type Broker, type BrokerContext, type BrokerProvider, type DefinitionsFile, secretName, userSecret } from '../broker';
import { type BrokerTls, CA_KEY } from '../broker-tls';
import { checksum, labelsOf, resourceRequirements } from '../pod';
import { brokerCertificate } from './certificate';
import { operatorConf } from './config';
import { DEFINITIONS_FILE, definitions } from './definitions';
import { addressesOf } from './listeners';
import { operatorPodOverride } from './operator-pod';
import { type RabbitmqClusterOptions, type ResolvedRabbitmqOptions, resolveRabbitmqOptions } from './options';
import { rabbitmqProblems } from './rules';
import { OPERATOR_PREPARE_SCRIPT } from './scripts';
import { TLS_DEFAULTS, tlsSecret, tlsSecretName, type TlsOptions } from './tls';
import { join, problem, type Rule, shape } from '../rules';
import { scheduling } from '../scheduling';

/** Options that the cluster operator can honour; they mean the same as for `RabbitmqCluster`. */
export type RabbitmqOperatorClusterOptions = Pick<
  RabbitmqClusterOptions,
  'nodes' | 'version' | 'image' | 'resources' | 'storage' | 'storageClass' | 'permitTransientQueues'
> & {
  /**
   * As for `RabbitmqCluster`, without `interNode`: the operator mounts the Secret and opens the ports.
   * @default - no TLS
   */
  readonly tls?: Omit<TlsOptions, 'interNode'>;
};

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
  readonly definitionsFile: DefinitionsFile;
  readonly tls: BrokerTls | undefined;

  /** What cert-manager makes the certificate from; there is none without `tls.certManager`. */
  readonly certificate: Certificate | undefined;

  readonly config: k8s.KubeConfigMap;
  /** What the operator works on. */
  readonly cluster: RabbitmqClusterObject;
  /** The operator makes none; there is none for a single node, which it could only block. */
  readonly disruptionBudget: k8s.KubePodDisruptionBudget | undefined;

  private readonly name: string;
  private readonly options: ResolvedRabbitmqOptions;
  private readonly labels: Record<string, string>;

  constructor(scope: Construct, id: string, props: RabbitmqOperatorClusterProps) {
    super(scope, id);
    const { name, partOf, topology, users, images, ...options } = props;
    this.name = name;
    this.options = resolveRabbitmqOptions(options, images);
    this.labels = labelsOf(name, 'broker', partOf).all;
    this.definitionsFile = { text: definitions(topology, users), configMap: `${name}-config` };
    this.secrets = [...users.map((user) => userSecret(name, user.name)), ...tlsSecret(name, this.options.tls)];
    this.tls = this.options.tls && { secret: tlsSecretName(name, this.options.tls), key: CA_KEY };

    this.config = new k8s.KubeConfigMap(this, 'Config', {
      metadata: { name: this.definitionsFile.configMap, labels: this.labels },
      data: { [DEFINITIONS_FILE]: this.definitionsFile.text, 'prepare.sh': OPERATOR_PREPARE_SCRIPT },
    });
    this.certificate = this.renderCertificate();
    this.cluster = new RabbitmqClusterObject(this, 'Cluster', { metadata: { name, labels: this.labels }, spec: this.renderSpec(props) });
    this.disruptionBudget = this.options.nodes > 1 ? this.renderDisruptionBudget() : undefined;

    const domain = Chart.of(this).namespace ?? 'default';
    const { amqp, scheme, management } = addressesOf(this.options.tls);
    this.hosts = this.pods.map((pod) => `${pod}.${name}-nodes.${domain}.svc:${amqp}`);
    this.address = `${name}.${domain}.svc:${amqp}`;
    this.managementUrl = `${scheme}://${name}.${domain}.svc:${management}/`;
  }

  secretOf(user: string): string {
    return secretName(this.name, user);
  }

  /** How the operator names the nodes' pods. */
  private get pods(): string[] {
    return Array.from({ length: this.options.nodes }, (_, ordinal) => `${this.name}-server-${ordinal}`);
  }

  private renderCertificate(): Certificate | undefined {
    const { tls } = this.options;
    const { name, labels, pods } = this;
    if (!tls?.certManager) return undefined;
    const place = { name, labels, pods, namespace: Chart.of(this).namespace ?? 'default', secretName: tlsSecretName(name, tls) };
    return brokerCertificate(this, 'Certificate', { ...withoutUndefined(tls.certManager), ...place, interNode: TLS_DEFAULTS.interNode });
  }

  private renderSpec({ users }: BrokerContext): RabbitmqClusterSpec {
    const { nodes, image, resources, storage, storageClass, tls } = this.options;
    const selector = podSelector(this.name);
    return {
      replicas: nodes,
      image,
      resources: k8s.toJson_ResourceRequirements(resourceRequirements(resources)),
      persistence: { storage, storageClassName: storageClass },
      affinity: k8s.toJson_Affinity(scheduling(this.options, selector, nodes).affinity),
      terminationGracePeriodSeconds: this.options.terminationGracePeriodSeconds,
      // Without caSecretName, which would have nodes ask clients for certificates.
      ...(tls && { tls: { secretName: tlsSecretName(this.name, tls), disableNonTlsListeners: !(tls.plain ?? TLS_DEFAULTS.plain) } }),
      rabbitmq: { additionalConfig: operatorConf({ ...this.options, ipv6: false, clusterName: this.name, memory: resources.memory }) },
      override: {
        statefulSet: {
          spec: {
            // The operator's default deletes the volumes together with the cluster.
            persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
            template: {
              // Not the definitions: the topology Job brings their changes to running nodes.
              metadata: { annotations: checksum(OPERATOR_PREPARE_SCRIPT) },
              spec: k8s.toJson_PodSpec(operatorPodOverride({ ...this.options, name: this.name, users })),
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
  tls: anything,
});

function operatorProblems(options: RabbitmqOperatorClusterOptions, path: string): Problem[] {
  const unknown = keys(options, path);
  return unknown.length > 0 ? unknown : [...interNodeProblems(options, path), ...rabbitmqProblems(options, path)];
}

/** The operator has no option for it, only a way to build it by hand. */
function interNodeProblems({ tls }: RabbitmqClusterOptions, path: string): Problem[] {
  if (tls?.interNode === undefined) return [];
  const place = join(path, 'tls', 'interNode');
  return [problem(place, tls.interNode, 'is not an option of the cluster operator', 'remove it, or use RabbitmqCluster.of')];
}
