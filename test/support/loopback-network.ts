import { freePorts } from './free-ports';
import type { NodeNetwork } from './node-network';
import type { RenderedPod } from './rendered-pod';

/** Free loopback ports for one node that is a cluster of its own. */
export async function loopbackNetwork({ server }: RenderedPod): Promise<NodeNetwork> {
  const [amqp = 0, management = 0, prometheus = 0, distribution = 0, epmd = 0] = await freePorts(5);
  // Makes Erlang resolve the node's rendered name to loopback, without touching /etc/hosts.
  const host = server.env['RABBITMQ_NODENAME']?.split('@')[1];
  return {
    hostname: '127.0.0.1',
    amqpPort: amqp,
    managementPort: management,
    conf: {
      'listeners.tcp.default': `127.0.0.1:${amqp}`,
      'management.tcp.ip': '127.0.0.1',
      'management.tcp.port': String(management),
      'prometheus.tcp.ip': '127.0.0.1',
      'prometheus.tcp.port': String(prometheus),
      // No waiting for nodes that do not exist.
      'cluster_formation.target_cluster_size_hint': '1',
    },
    env: {
      NODES: '1',
      AMQP_PORT: String(amqp),
      RABBITMQ_DIST_PORT: String(distribution),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_INETRC: '/inetrc',
    },
    erlang: ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
    files: { inetrc: `{host,{127,0,0,1},["${host}","localhost"]}.\n{lookup,[file,native]}.\n` },
  };
}
