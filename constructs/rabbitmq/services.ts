import { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { annotationsRule } from '../metadata';
import { type ListenerKind, type ListenerTls, portNames, portNumber, type PortName, speaksTls } from './listeners';
import { distinct, join, list, oneOf, optional, problem, type Shape, shape } from '../rules';

/** The Service in front of all nodes. */
export interface ClientService {
  /**
   * `LoadBalancer` and `NodePort` add a second Service, `<name>-external`, with the AMQP port alone: the management API and the metrics,
   * which ask for no password, stay inside. AMQP without `tls` shows passwords to everybody on its way; with it, only the port with TLS
   * is in that Service.
   * @default 'ClusterIP'
   */
  readonly type?: 'ClusterIP' | 'LoadBalancer' | 'NodePort';
  /**
   * Annotations of that Service, for example the ones a cloud's load balancer reads.
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface NetworkOptions {
  /**
   * Type and annotations of the Service that clients use (Kubernetes documentation, Service).
   * @default - a ClusterIP Service
   */
  readonly service?: ClientService;
  /**
   * Whether Services have addresses of one or of both IP families (Kubernetes documentation, dual-stack).
   * @default - the cluster's default
   */
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  /**
   * IP families of the Services, the main one first. Give it on a cluster whose main family is IPv6: the health check listens there only
   * then. `['IPv6']` alone also makes the nodes talk IPv6 to each other, which Erlang does not do by itself.
   * @default - the cluster's default
   */
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[];
}

export const SERVICE_DEFAULTS = { type: 'ClusterIP' } as const satisfies ClientService;

export const networkFields: Shape<NetworkOptions> = {
  service: optional(
    shape<ClientService>({ type: optional(oneOf(['ClusterIP', 'LoadBalancer', 'NodePort'])), annotations: optional(annotationsRule) }),
  ),
  ipFamilyPolicy: optional(oneOf(['SingleStack', 'PreferDualStack', 'RequireDualStack'])),
  ipFamilies: optional(distinct(list(oneOf(['IPv4', 'IPv6']), 1))),
};

/** Two families need a policy that permits two, or the API server refuses the Service. */
export function networkProblems({ ipFamilyPolicy, ipFamilies = [] }: NetworkOptions, path: string): Problem[] {
  if (ipFamilies.length < 2 || (ipFamilyPolicy !== undefined && ipFamilyPolicy !== 'SingleStack')) return [];
  const rule = 'must permit two families when ipFamilies has two';
  return [problem(join(path, 'ipFamilyPolicy'), ipFamilyPolicy, rule, 'use "PreferDualStack" or "RequireDualStack"')];
}

/** Whether Services have IPv6 addresses, or may have them. */
export function usesIpv6({ ipFamilyPolicy = 'SingleStack', ipFamilies = [] }: NetworkOptions): boolean {
  return ipFamilyPolicy !== 'SingleStack' || ipFamilies.includes('IPv6');
}

export function isIpv6Only({ ipFamilies = [] }: NetworkOptions): boolean {
  return ipFamilies.length > 0 && ipFamilies.every((family) => family === 'IPv6');
}

type Selector = Readonly<Record<string, string>>;

interface ServiceOptions extends NetworkOptions {
  readonly tls?: ListenerTls;
}

/** Gives every node its name; also the unready ones, because nodes must find each other before they are ready. */
export function nodesServiceSpec(options: ServiceOptions, selector: Selector): k8s.ServiceSpec {
  const ports = [port('epmd'), port('distribution'), ...listeners('amqp', options)];
  return { clusterIp: 'None', publishNotReadyAddresses: true, ...families(options), selector, ports };
}

/** Ready nodes, for clients inside the cluster. */
export function clientServiceSpec(options: ServiceOptions, selector: Selector): k8s.ServiceSpec {
  return { ...families(options), selector, ports: KINDS.flatMap((kind) => listeners(kind, options)) };
}

/** Ready nodes, for clients outside the cluster. */
export function externalServiceSpec(options: ServiceOptions, selector: Selector): k8s.ServiceSpec {
  return { type: options.service?.type, ...families(options), selector, ports: listeners('amqp', options).slice(0, 1) };
}

export function isExternal({ service }: NetworkOptions): boolean {
  return (service?.type ?? SERVICE_DEFAULTS.type) !== 'ClusterIP';
}

function families({ ipFamilyPolicy, ipFamilies }: NetworkOptions): Pick<k8s.ServiceSpec, 'ipFamilyPolicy' | 'ipFamilies'> {
  return { ipFamilyPolicy, ipFamilies: ipFamilies && [...ipFamilies] };
}

const KINDS = ['amqp', 'management', 'prometheus'] as const satisfies ListenerKind[];

/** The ports for one purpose; with TLS first, which is the only one that leaves the cluster. */
function listeners(kind: ListenerKind, { tls }: ServiceOptions): k8s.ServicePort[] {
  const protocol = kind === 'amqp' ? 'amqp' : 'http';
  return portNames(kind, tls).map((name) => port(name, speaksTls(name) ? `${protocol}s` : protocol));
}

function port(name: PortName, appProtocol?: string): k8s.ServicePort {
  return { name, port: portNumber(name), targetPort: k8s.IntOrString.fromString(name), appProtocol };
}
