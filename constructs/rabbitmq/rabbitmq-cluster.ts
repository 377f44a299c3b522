import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { SecretDeclaration } from '../../workers/secrets/secret';
import { withoutUndefined } from '../../workers/topology';
import {
  type Broker,
  type BrokerContext,
  type BrokerPorts,
  type BrokerProvider,
  type DefinitionsFile,
  secretName,
  userSecret,
} from '../broker';
import type { Certificate } from '../../imports/cert-manager.io';
import { type BrokerTls, CA_KEY } from '../broker-tls';
import { checksum, labelsOf, serviceAccount } from '../pod';
import { brokerCertificate } from './certificate';
import { DEFINITIONS_FILE, definitions } from './definitions';
import { RABBITMQ_DEFAULTS } from './options';
import { RABBITMQ_LINES } from './versions';
import { brokerFiles } from './files';
import { addressesOf, brokerPorts } from './listeners';
import { type RabbitmqClusterOptions, type ResolvedRabbitmqOptions, resolveRabbitmqOptions } from './options';
import { brokerPodSpec, COOKIE_KEY, cookieSecret } from './pod';
import { rabbitmqProblems } from './rules';
import { clientServiceSpec, externalServiceSpec, isExternal, nodesServiceSpec } from './services';
import { volumeClaims } from './storage';
import { ShrinkGuard } from './shrink-guard';
import { TLS_DEFAULTS, tlsSecret, tlsSecretName } from './tls';

export interface RabbitmqClusterProps extends RabbitmqClusterOptions, BrokerContext {}

/** A RabbitMQ cluster on the official image: no operator, no custom image, no access to the Kubernetes API. */
export class RabbitmqCluster extends Construct implements Broker {
  /** A broker for a `TaskCluster`. */
  static of(options: RabbitmqClusterOptions = {}): BrokerProvider {
    return {
      validate: (path) => rabbitmqProblems(options, path),
      delaysRedelivery: RABBITMQ_LINES[options.version ?? RABBITMQ_DEFAULTS.version]?.delayedRetryKeys.length !== 0,
      reportsRates: options.configuration?.['management.rates_mode'] !== 'none',
      create: (scope, id, context) => new RabbitmqCluster(scope, id, { ...options, ...context }),
    };
  }

  readonly hosts: readonly string[];
  readonly address: string;
  readonly managementUrl: string;
  readonly secrets: readonly SecretDeclaration[];
  readonly definitionsFile: DefinitionsFile;
  readonly podSelector: Readonly<Record<string, string>>;
  readonly podPorts: BrokerPorts;
  readonly tls: BrokerTls | undefined;

  /** The nodes' own account, which may do nothing. */
  readonly serviceAccount: k8s.KubeServiceAccount;
  /** Gives every node its name; also the unready ones, because nodes must find each other before they are ready. */
  readonly nodesService: k8s.KubeService;
  /** Ready nodes, for clients. */
  readonly service: k8s.KubeService;
  /** Ready nodes, for clients outside the cluster; there is none while `service.type` is ClusterIP. */
  readonly externalService: k8s.KubeService | undefined;
  /** What cert-manager makes the certificate from; there is none without `tls.certManager`. */
  readonly certificate: Certificate | undefined;
  readonly config: k8s.KubeConfigMap;
  readonly statefulSet: k8s.KubeStatefulSet;
  /** Keeps voluntary evictions to one node at a time; there is none for a single node, which it could only block. */
  readonly disruptionBudget: k8s.KubePodDisruptionBudget | undefined;
  /** There is none for a single node, and none without the option. */
  readonly shrinkGuard: ShrinkGuard | undefined;

  private readonly options: ResolvedRabbitmqOptions;
  private readonly labels: ReturnType<typeof labelsOf>;
  private readonly files: Record<string, string>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: RabbitmqClusterProps,
  ) {
    super(scope, id);
    const { name, partOf, topology, users, images, ...options } = props;
    this.options = resolveRabbitmqOptions(options, images);
    this.labels = labelsOf(name, 'broker', partOf);
    this.podSelector = this.labels.selector;
    this.podPorts = brokerPorts(this.options.tls);
    this.tls = this.options.tls && { secret: tlsSecretName(name, this.options.tls), key: CA_KEY };
    this.definitionsFile = { text: definitions(topology, users), configMap: `${name}-config` };
    this.files = brokerFiles(this.options, { clusterName: name, definitions: this.definitionsFile.text });
    this.secrets = [
      { name: cookieSecret(name), keys: { [COOKIE_KEY]: 'random' } },
      ...users.map((user) => userSecret(name, user.name)),
      ...tlsSecret(name, this.options.tls),
    ];

    this.serviceAccount = serviceAccount(this, name, this.labels.all);
    this.nodesService = this.renderService('Nodes', `${name}-nodes`, nodesServiceSpec(this.options, this.labels.selector));
    this.service = this.renderClientService();
    this.externalService = isExternal(this.options) ? this.renderExternalService() : undefined;
    this.config = new k8s.KubeConfigMap(this, 'Config', {
      metadata: { name: this.definitionsFile.configMap, labels: this.labels.all },
      data: this.files,
    });
    this.certificate = this.renderCertificate();
    this.statefulSet = this.renderStatefulSet();
    this.disruptionBudget = this.options.nodes > 1 ? this.renderDisruptionBudget() : undefined;

    const domain = this.nodesService.metadata.namespace ?? 'default';
    this.shrinkGuard =
      this.options.nodes > 1 && this.options.shrinkGuard
        ? new ShrinkGuard(this, 'ShrinkGuard', { name, namespace: domain, labels: this.labels.all })
        : undefined;
    const { amqp, scheme, management } = addressesOf(this.options.tls);
    this.hosts = this.pods.map((pod) => `${pod}.${name}-nodes.${domain}.svc:${amqp}`);
    this.address = `${name}.${domain}.svc:${amqp}`;
    this.managementUrl = `${scheme}://${name}.${domain}.svc:${management}/`;
  }

  secretOf(user: string): string {
    return secretName(this.props.name, user);
  }

  /** Names of the nodes' pods. */
  private get pods(): string[] {
    return Array.from({ length: this.options.nodes }, (_, ordinal) => `${this.props.name}-${ordinal}`);
  }

  private renderCertificate(): Certificate | undefined {
    const { tls } = this.options;
    return (
      tls?.certManager &&
      brokerCertificate(this, 'Certificate', {
        ...withoutUndefined(tls.certManager),
        name: this.props.name,
        namespace: this.nodesService.metadata.namespace ?? 'default',
        labels: this.labels.all,
        pods: this.pods,
        secretName: tlsSecretName(this.props.name, tls),
        interNode: tls.interNode ?? TLS_DEFAULTS.interNode,
      })
    );
  }

  private renderClientService(): k8s.KubeService {
    const annotations = isExternal(this.options) ? undefined : this.options.service?.annotations;
    return this.renderService('Service', this.props.name, clientServiceSpec(this.options, this.labels.selector), annotations);
  }

  private renderExternalService(): k8s.KubeService {
    const spec = externalServiceSpec(this.options, this.labels.selector);
    return this.renderService('External', `${this.props.name}-external`, spec, this.options.service?.annotations);
  }

  private renderService(id: string, name: string, spec: k8s.ServiceSpec, annotations?: Readonly<Record<string, string>>): k8s.KubeService {
    return new k8s.KubeService(this, id, { metadata: { name, labels: this.labels.all, annotations }, spec });
  }

  private renderStatefulSet(): k8s.KubeStatefulSet {
    const { name, users, images } = this.props;
    const { nodes, podLabels, podAnnotations } = this.options;
    return new k8s.KubeStatefulSet(this, 'StatefulSet', {
      metadata: { name, labels: this.labels.all },
      spec: {
        replicas: nodes,
        serviceName: this.nodesService.name,
        // Node 0 is ready only when all nodes have joined, so nodes must start together.
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: this.labels.selector },
        template: {
          metadata: {
            labels: { ...podLabels, ...this.labels.all },
            // Not the definitions: the topology Job brings their changes to running nodes.
            annotations: { ...podAnnotations, ...checksum(...this.bootFiles()) },
          },
          spec: brokerPodSpec({
            ...this.options,
            name,
            users,
            images,
            selector: this.labels.selector,
            serviceAccountName: this.serviceAccount.name,
          }),
        },
        ...volumeClaims(this.options, this.labels.all),
      },
    });
  }

  /** What a node reads only when it starts. */
  private bootFiles(): string[] {
    return Object.entries(this.files).flatMap(([file, text]) => (file === DEFINITIONS_FILE ? [] : [text]));
  }

  private renderDisruptionBudget(): k8s.KubePodDisruptionBudget {
    return new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
      metadata: { name: this.props.name, labels: this.labels.all },
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels: this.labels.selector },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}
