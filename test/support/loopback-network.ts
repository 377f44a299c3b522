import { freePorts } from './free-ports';
import type { NodeNetwork } from './node-network';
import type { Environment, RenderedPod } from './rendered-pod';

const LOOPBACK = '127.0.0.1';

/** Settings that make a node listen, by the name of the port. */
const LISTENERS: Readonly<Record<string, (port: number) => Environment>> = {
  amqp: (port) => ({ 'listeners.tcp.default': `${LOOPBACK}:${port}` }),
  amqps: (port) => ({ 'listeners.ssl.default': `${LOOPBACK}:${port}` }),
  management: (port) => http('management.tcp', port),
  'management-tls': (port) => http('management.ssl', port),
  prometheus: (port) => http('prometheus.tcp', port),
  'prometheus-tls': (port) => http('prometheus.ssl', port),
};

/** Free loopback ports for one node that is a cluster of its own. */
export async function loopbackNetwork({ server, ports: rendered }: RenderedPod): Promise<NodeNetwork> {
  const names = Object.keys(rendered);
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index] ?? 0]));
  const guarded = names.find((name) => String(rendered[name]) === server.env['AMQP_PORT']) ?? '';
  // Makes Erlang resolve the node's rendered name to loopback, without touching /etc/hosts.
  const host = server.env['RABBITMQ_NODENAME']?.split('@')[1];
  return {
    hostname: LOOPBACK,
    amqpPort: ports['amqps'] ?? ports['amqp'] ?? 0,
    managementPort: ports['management-tls'] ?? ports['management'] ?? 0,
    ports,
    conf: {
      ...Object.assign({}, ...names.map((name) => LISTENERS[name]?.(ports[name] ?? 0))),
      // No waiting for nodes that do not exist.
      'cluster_formation.target_cluster_size_hint': '1',
    },
    env: {
      NODES: '1',
      AMQP_PORT: String(ports[guarded]),
      RABBITMQ_DIST_PORT: String(ports['distribution']),
      ERL_EPMD_PORT: String(ports['epmd']),
      ERL_EPMD_ADDRESS: LOOPBACK,
      ERL_INETRC: '/inetrc',
    },
    erlang: ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
    files: { inetrc: `{host,{127,0,0,1},["${host}","localhost"]}.\n{lookup,[file,native]}.\n` },
  };
}

function http(listener: string, port: number): Environment {
  return { [`${listener}.ip`]: LOOPBACK, [`${listener}.port`]: String(port) };
}
