import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { withoutUndefined } from '../workers/topology';
import type { Broker } from './broker';
import { FLOWER_COMPONENT, FLOWER_PORT } from './flower';
import { NETWORK_POLICY_DEFAULTS, type NetworkDestination, type NetworkPolicyOptions, type PodPeer } from './network-policy-options';
import { componentLabels, labelsOf, namespaceSelector, systemLabels } from './pod';
import { CLI_PORTS, PORTS } from './rabbitmq/listeners';
import { REDIS_DEFAULTS, type RedisResultsOptions } from './results';
import { SECRETS_COMPONENT } from './secrets';
import { TOPOLOGY_COMPONENT } from './topology-job';
import { HEALTH_PORT } from './workers/container';
import { WORKER_COMPONENT } from './workers/pod';

export interface NetworkPoliciesProps extends Omit<NetworkPolicyOptions, 'enabled'> {
  /** Name of the task system. */
  readonly name: string;
  readonly broker: Broker;
  /** Whether there is a Flower. */
  readonly hasFlower: boolean;
  /** Whether KEDA scales a worker group. */
  readonly hasAutoscaler: boolean;
  /**
   * Whether it asks for the length of a queue over AMQP.
   * @default false
   */
  readonly hasAmqpAutoscaler?: boolean;
  /** Whether a Job brings the broker to the declared topology. */
  readonly hasTopologyJob: boolean;
  /** Selectors of the workers that write their deletion cost through the Kubernetes API, by the name of their Deployment. */
  readonly deletionCost: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether a Job creates Secrets through the Kubernetes API. */
  readonly hasSecretsJob: boolean;
  /**
   * The Redis to which workers connect.
   * @default - none
   */
  readonly redis?: RedisResultsOptions | undefined;
}

/** Pods of the task system's own namespace with this label may send tasks. */
export const PRODUCER_LABEL = { 'warren/producer': 'true' } as const;

/** KEDA's operator reads the queues, not its metrics server (KEDA's Helm chart and release manifest). */
const KEDA_OPERATOR = { app: 'keda-operator' } as const;
/** Where pods ask on nodes that run NodeLocal DNSCache (Kubernetes documentation, "Using NodeLocal DNSCache"). */
const NODE_LOCAL_DNS = '169.254.20.10/32';
const DNS_PORT = 53;
/** The API server behind its Service and as it listens; no selector matches it, so these ports are open to anywhere. */
const KUBERNETES_API_PORTS = [443, 6443] as const;

/** Where a connection begins or ends. */
type Peer = k8s.NetworkPolicyPeer;

/** Pods of the task system, as an end of connections. */
interface OwnPods extends Peer {
  readonly podSelector: { readonly matchLabels: Record<string, string> };
}

/** A connection that is allowed. An end in the task system gets a rule for it, an end elsewhere does not. */
interface Edge {
  readonly from: Peer;
  /** No peer is anywhere: a NetworkPolicy cannot hold the name of a host. */
  readonly to: Peer | undefined;
  /** No port at all is every port. */
  readonly ports: k8s.NetworkPolicyPort[];
}

/** What one policy allows; a direction that is not there is left to other policies. */
interface Rules {
  readonly ingress?: k8s.NetworkPolicyIngressRule[];
  readonly egress: k8s.NetworkPolicyEgressRule[];
}

/**
 * Who may connect to whom: nothing to or from the pods of the task system, then exactly what it needs. Probes and `kubectl port-forward`
 * come from the node, which a NetworkPolicy never keeps out (Kubernetes documentation, Network Policies).
 */
export class NetworkPolicies extends Construct {
  /** Isolates every pod of the task system, and no other pod of the namespace. */
  readonly defaultDeny: k8s.KubeNetworkPolicy;
  /** Lets every pod of the task system resolve names. */
  readonly dns: k8s.KubeNetworkPolicy;
  readonly workers: k8s.KubeNetworkPolicy;
  /** Absent when the broker runs elsewhere. */
  readonly broker: k8s.KubeNetworkPolicy | undefined;
  readonly flower: k8s.KubeNetworkPolicy | undefined;
  /** The Job that brings the broker to the declared topology. */
  readonly topologyJob: k8s.KubeNetworkPolicy | undefined;
  readonly secretsJob: k8s.KubeNetworkPolicy | undefined;
  /** One for each worker group that writes its deletion cost. */
  readonly deletionCost: readonly k8s.KubeNetworkPolicy[];

  private readonly name: string;

  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    const options = { ...NETWORK_POLICY_DEFAULTS, ...withoutUndefined(props) };
    const ends = endsOf(options);
    const edges = edgesOf(options, ends);
    this.name = props.name;
    this.defaultDeny = this.createPolicy('default-deny', systemLabels(props.name), { ingress: [], egress: [] });
    this.dns = this.createPolicy('dns', systemLabels(props.name), { egress: [dnsRule(options.dnsNamespace)] });
    this.workers = this.createPolicyOf(ends.worker, 'worker', edges);
    this.broker = ends.broker && this.createPolicyOf(ends.broker, 'broker', edges);
    this.flower = props.hasFlower ? this.createPolicyOf(ends.flower, 'flower', edges) : undefined;
    this.topologyJob = props.hasTopologyJob ? this.createPolicyOf(ends.topologyJob, 'topology', edges) : undefined;
    this.deletionCost = Object.entries(props.deletionCost).map(([worker, pods]) => this.createApiPolicy(worker, pods, options));
    this.secretsJob = props.hasSecretsJob ? this.createPolicyOf(ends.secretsJob, 'secrets', edges) : undefined;
  }

  private createPolicyOf(end: OwnPods, suffix: string, edges: readonly Edge[]): k8s.KubeNetworkPolicy {
    const ingress = edges.filter(({ to }) => to === end).map(({ from, ports }) => ({ from: [from], ...withoutEmpty({ ports }) }));
    const egress = edges
      .filter(({ from }) => from === end)
      .map(({ to, ports }) => ({ ...(to && { to: [to] }), ...withoutEmpty({ ports }) }));
    return this.createPolicy(suffix, end.podSelector.matchLabels, { ingress, egress });
  }

  private createApiPolicy(worker: string, pods: Record<string, string>, options: Options): k8s.KubeNetworkPolicy {
    const { to, ports } = kubernetesApiEnd(options);
    const name = `${worker}-api`;
    return new k8s.KubeNetworkPolicy(this, name, {
      metadata: { name, labels: labelsOf(name, 'network-policy', this.name).all },
      spec: { podSelector: { matchLabels: pods }, policyTypes: ['Egress'], egress: [{ ...(to && { to: [to] }), ports }] },
    });
  }

  private createPolicy(suffix: string, pods: Record<string, string>, rules: Rules): k8s.KubeNetworkPolicy {
    const name = `${this.name}-${suffix}`;
    return new k8s.KubeNetworkPolicy(this, suffix, {
      metadata: { name, labels: labelsOf(name, 'network-policy', this.name).all },
      spec: { podSelector: { matchLabels: pods }, policyTypes: directionsOf(rules), ...withoutEmpty<Rules>(rules) },
    });
  }
}

type Options = NetworkPoliciesProps & Required<Omit<NetworkPolicyOptions, 'kubernetesApi'>> & Pick<NetworkPolicyOptions, 'kubernetesApi'>;
type Ends = ReturnType<typeof endsOf>;

function endsOf({ name, broker }: Options) {
  const own = (labels: Readonly<Record<string, string>>): OwnPods => ({ podSelector: { matchLabels: { ...labels } } });
  return {
    worker: own(componentLabels(WORKER_COMPONENT, name)),
    flower: own(componentLabels(FLOWER_COMPONENT, name)),
    topologyJob: own(componentLabels(TOPOLOGY_COMPONENT, name)),
    secretsJob: own(componentLabels(SECRETS_COMPONENT, name)),
    broker: broker.podSelector && own(broker.podSelector),
  };
}

function directionsOf({ ingress }: Rules): string[] {
  return ingress ? ['Ingress', 'Egress'] : ['Egress'];
}

/** The API server does not keep empty lists, so that a rendered one would differ from the cluster at every apply. */
function withoutEmpty<T extends object>(lists: T): Partial<T> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<T>;
}

/** Where the Kubernetes API may be reached. */
function kubernetesApiEnd({ kubernetesApi }: Options): Pick<Edge, 'to' | 'ports'> {
  return { to: kubernetesApi && peerOf(kubernetesApi), ports: tcp(...(kubernetesApi?.ports ?? KUBERNETES_API_PORTS)) };
}

/** Every connection of a task system. */
function edgesOf(options: Options, { worker, flower, broker, topologyJob, secretsJob }: Ends): Edge[] {
  const amqp = tcp(...options.broker.hosts.map((host) => new URL(`amqp://${host}`)).map(({ port }) => Number(port)));
  const management = tcp(portOfUrl(options.broker.managementUrl));
  const api = kubernetesApiEnd(options);
  return [
    { from: worker, to: broker, ports: amqp },
    ...(options.hasTopologyJob ? [{ from: topologyJob, to: broker, ports: management }] : []),
    ...(options.hasSecretsJob ? [{ from: secretsJob, ...api }] : []),
    ...(options.hasFlower ? [{ from: flower, to: broker, ports: [...amqp, ...management] }] : []),
    ...(broker ? edgesToBroker(options, broker) : []),
    { from: podPeer({ namespace: options.prometheusNamespace }), to: worker, ports: tcp(HEALTH_PORT) },
    ...options.flowerClients.map((client) => ({ from: podPeer(client), to: flower, ports: tcp(FLOWER_PORT) })),
    ...(options.redis ? [edgeToRedis(worker, options.redis)] : []),
    ...options.workerEgress.map((destination) => ({ from: worker, to: peerOf(destination), ports: tcp(...(destination.ports ?? [])) })),
  ];
}

function edgeToRedis(worker: Peer, { network, port = REDIS_DEFAULTS.port }: RedisResultsOptions): Edge {
  return { from: worker, to: network && peerOf(network), ports: tcp(...(network?.ports ?? [port])) };
}

/** Connections that others open to a broker of this task system. */
function edgesToBroker(options: Options, broker: Peer): Edge[] {
  const { producers, kedaNamespace, prometheusNamespace, hasAutoscaler, hasAmqpAutoscaler = false } = options;
  const nodes = options.broker.hosts.length;
  const { amqp, management, prometheus } = options.broker.podPorts ?? { amqp: [], management: [], prometheus: [] };
  const keda = podPeer({ namespace: kedaNamespace, podLabels: KEDA_OPERATOR });
  return [
    ...[{ podLabels: PRODUCER_LABEL }, ...producers].map((producer) => ({ from: podPeer(producer), to: broker, ports: tcp(...amqp) })),
    ...(hasAutoscaler ? [{ from: keda, to: broker, ports: tcp(...management) }] : []),
    ...(hasAmqpAutoscaler ? [{ from: keda, to: broker, ports: tcp(...amqp) }] : []),
    { from: podPeer({ namespace: prometheusNamespace }), to: broker, ports: tcp(...prometheus) },
    ...(nodes > 1 ? [{ from: broker, to: broker, ports: betweenNodes(amqp) }] : []),
  ];
}

/** AMQP, too: a node with an empty volume looks whether others serve clients (start.sh). */
function betweenNodes(amqp: readonly number[]): k8s.NetworkPolicyPort[] {
  return [...tcp(PORTS.epmd, PORTS.distribution, ...amqp), { ...port('TCP', CLI_PORTS.first), endPort: CLI_PORTS.last }];
}

function dnsRule(namespace: string): k8s.NetworkPolicyEgressRule {
  return {
    to: [podPeer({ namespace }), { ipBlock: { cidr: NODE_LOCAL_DNS } }],
    ports: ['UDP', 'TCP'].map((protocol) => port(protocol, DNS_PORT)),
  };
}

function peerOf(destination: NetworkDestination): Peer {
  return 'cidr' in destination ? { ipBlock: { cidr: destination.cidr } } : podPeer(destination);
}

function podPeer({ namespace, podLabels }: PodPeer): Peer {
  return {
    ...(namespace !== undefined && { namespaceSelector: namespaceSelector(namespace) }),
    ...((podLabels || namespace === undefined) && { podSelector: podLabels ? { matchLabels: { ...podLabels } } : {} }),
  };
}

function tcp(...numbers: readonly number[]): k8s.NetworkPolicyPort[] {
  return [...new Set(numbers)].map((number) => port('TCP', number));
}

function port(protocol: string, number: number): k8s.NetworkPolicyPort {
  return { protocol, port: k8s.IntOrString.fromNumber(number) };
}

/** `http` without a port is 80, `https` 443. */
function portOfUrl(url: string): number {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === 'https:' ? 443 : 80));
}
