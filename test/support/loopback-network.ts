import { freePorts } from './free-ports';
import { clientPorts, erlangAddress, listenersAt } from './listeners';
import type { NodeNetwork } from './node-network';
import { guardedPort, hostOf, type RenderedPod } from './rendered-pod';

const LOOPBACK = '127.0.0.1';

/** Free loopback ports for one node that is a cluster of its own. */
export async function loopbackNetwork(pod: RenderedPod): Promise<NodeNetwork> {
  const names = Object.keys(pod.ports);
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index] ?? 0]));
  return {
    hostname: LOOPBACK,
    ...clientPorts(ports),
    ports,
    conf: {
      ...listenersAt(LOOPBACK, ports),
      // No waiting for nodes that do not exist.
      'cluster_formation.target_cluster_size_hint': '1',
    },
    env: {
      NODES: '1',
      AMQP_PORT: String(ports[guardedPort(pod)]),
      RABBITMQ_DIST_PORT: String(ports['distribution']),
      ERL_EPMD_PORT: String(ports['epmd']),
      ERL_EPMD_ADDRESS: LOOPBACK,
      ERL_INETRC: '/inetrc',
    },
    erlang: ['-kernel', 'inet_dist_use_interface', erlangAddress(LOOPBACK)],
    // Makes Erlang resolve the node's rendered name to loopback, without touching /etc/hosts.
    files: { inetrc: `{host,${erlangAddress(LOOPBACK)},["${hostOf(pod)}","localhost"]}.\n{lookup,[file,native]}.\n` },
  };
}
