import type { Environment } from './rendered-pod';

/** Ports of a node by the name that its pod gives them. */
export type Ports = Readonly<Record<string, number>>;

/** Settings that make a node listen, by the name of the port. */
const LISTENERS: Readonly<Record<string, (address: string, port: number) => Environment>> = {
  amqp: (address, port) => ({ 'listeners.tcp.default': `${address}:${port}` }),
  amqps: (address, port) => ({ 'listeners.ssl.default': `${address}:${port}` }),
  management: http('management.tcp'),
  'management-tls': http('management.ssl'),
  prometheus: http('prometheus.tcp'),
  'prometheus-tls': http('prometheus.ssl'),
};

/** Lines of rabbitmq.conf with which a node serves clients at this address only. */
export function listenersAt(address: string, ports: Ports): Environment {
  return Object.assign({}, ...Object.entries(ports).map(([name, port]) => LISTENERS[name]?.(address, port)));
}

/** The ports that clients use: those with TLS where there are any. */
export function clientPorts(ports: Ports): { amqpPort: number; managementPort: number } {
  return { amqpPort: ports['amqps'] ?? ports['amqp'] ?? 0, managementPort: ports['management-tls'] ?? ports['management'] ?? 0 };
}

/** An address as Erlang writes it. */
export function erlangAddress(address: string): string {
  return `{${address.replaceAll('.', ',')}}`;
}

function http(listener: string) {
  return (address: string, port: number): Environment => ({ [`${listener}.ip`]: address, [`${listener}.port`]: String(port) });
}
