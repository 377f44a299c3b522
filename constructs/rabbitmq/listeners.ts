import type { BrokerPorts } from '../broker';

/** Ports of a RabbitMQ node (RabbitMQ documentation, networking). */
export const PORTS = { amqp: 5672, management: 15672, prometheus: 15692, epmd: 4369, distribution: 25672 } as const;

/** Ports that RabbitMQ's command line tools listen on while they talk to another node (RabbitMQ documentation, networking). */
export const CLI_PORTS = { first: 35672, last: 35682 } as const;

/** Ports of a node that speak TLS (RabbitMQ documentation, networking); names as the RabbitMQ cluster operator gives them. */
export const TLS_PORTS = { amqps: 5671, 'management-tls': 15671, 'prometheus-tls': 15691 } as const;

const NUMBERS = { ...PORTS, ...TLS_PORTS };
const WITH_TLS = { amqp: 'amqps', management: 'management-tls', prometheus: 'prometheus-tls' } as const;

/** Name of a port, in Services and pods alike. */
export type PortName = keyof typeof NUMBERS;
/** What a client wants of a node. */
export type ListenerKind = keyof typeof WITH_TLS;

/** What the listeners depend on; absent where nothing speaks TLS. */
export interface ListenerTls {
  /** Whether the plain ports stay open beside the ones with TLS. */
  readonly plain?: boolean;
}

export function portNumber(name: PortName): number {
  return NUMBERS[name];
}

/** Names of the ports for one purpose; the first is the one that the task system itself uses. */
export function portNames(kind: ListenerKind, tls?: ListenerTls): [PortName, ...PortName[]] {
  if (!tls) return [kind];
  return tls.plain ? [WITH_TLS[kind], kind] : [WITH_TLS[kind]];
}

/** Every port that clients may use. */
export function brokerPorts(tls?: ListenerTls): BrokerPorts {
  const numbers = (kind: ListenerKind) => portNames(kind, tls).map(portNumber);
  return { amqp: numbers('amqp'), management: numbers('management'), prometheus: numbers('prometheus') };
}

/** Ports, and scheme of the management API, that the task system itself uses. */
export function addressesOf(tls?: ListenerTls): { amqp: number; scheme: 'http' | 'https'; management: number } {
  const port = (kind: ListenerKind) => portNumber(portNames(kind, tls)[0]);
  return { amqp: port('amqp'), scheme: tls ? 'https' : 'http', management: port('management') };
}

/**
 * The port at which a node looks whether another one serves clients. While plain ports are open it is the plain one, which nodes that have
 * not yet heard of TLS have, too.
 */
export function guardPort(tls?: ListenerTls): number {
  return !tls || tls.plain ? PORTS.amqp : TLS_PORTS.amqps;
}

/** Every port of the server's container. */
export function allPorts(tls?: ListenerTls): PortName[] {
  const kinds = ['amqp', 'management', 'prometheus'] as const;
  return [...kinds.flatMap((kind) => portNames(kind, tls)), 'epmd', 'distribution'];
}

export function speaksTls(name: PortName): boolean {
  return name in TLS_PORTS;
}
