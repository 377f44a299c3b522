import type { ClusterNetwork } from './cluster-network';
import { freePorts } from './free-ports';
import { clientPorts, erlangAddress, listenersAt, type Ports } from './listeners';
import type { NodeNetwork } from './node-network';
import { guardedPort, hostOf, type RenderedPod } from './rendered-pod';

/** Where one node lives. */
interface Place {
  readonly name: string;
  /** Name of the port at which it looks for other nodes. */
  readonly guarded: string;
  readonly address: string;
  /** Port of its own epmd. */
  readonly epmd: number;
  /** A port that stays free. */
  readonly unused: number;
}

/**
 * An address of 127.0.0.0/8 for every pod, which takes no rights; Linux only. As in Kubernetes, a port has the same number at each of them.
 *
 * A node that registers itself with epmd does so at 127.0.0.1, where each of the equal names `rabbit` would be taken once. So every node
 * has an epmd of its own, on a port of its own, and knows without asking at which port the others are.
 */
export async function loopbackCluster(pods: readonly RenderedPod[]): Promise<ClusterNetwork> {
  const names = Object.keys(pods[0]?.ports ?? {});
  const free = await freePorts(names.length + 2 * pods.length);
  const nextPort = () => free.pop() ?? 0;
  const ports = Object.fromEntries(names.map((name) => [name, nextPort()]));
  const places = pods.map((pod, index) => ({
    name: hostOf(pod),
    guarded: guardedPort(pod),
    address: addressOf(index),
    epmd: nextPort(),
    unused: nextPort(),
  }));
  const nodes = places.map((place) => nodeAt(place, places, { ...ports, epmd: place.epmd }));
  return { nodes, remove: () => Promise.resolve() };
}

/** The ports are free on the whole machine. If they are chosen twice all the same, then by test processes with different addresses. */
function addressOf(index: number): string {
  const owner = process.pid % 2 ** 16;
  return `127.${owner >> 8}.${owner & 255}.${10 + index}`;
}

function nodeAt({ address, guarded, epmd, unused }: Place, places: readonly Place[], ports: Ports): NodeNetwork {
  return {
    hostname: address,
    ...clientPorts(ports),
    ports,
    conf: listenersAt(address, ports),
    env: {
      AMQP_PORT: String(ports[guarded]),
      // RabbitMQ looks whether it is free at every address of the machine; the one the nodes listen at is taken by the first of them.
      RABBITMQ_DIST_PORT: String(unused),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: address,
      // Every Erlang machine reads these, command line tools and the helpers of peer discovery included. Only the node itself listens.
      ERL_ZFLAGS: `-erl_epmd_port ${ports['distribution']} -dist_listen false`,
      ERL_INETRC: '/inetrc',
      BASH_ENV: '/names.bash',
    },
    erlang: ['-dist_listen', 'true', '-kernel', 'inet_dist_use_interface', erlangAddress(address)],
    files: { inetrc: inetrc(places), 'names.bash': namesForBash(places) },
  };
}

/** The cluster's DNS, for Erlang. */
function inetrc(places: readonly Place[]): string {
  const hosts = [{ name: 'localhost', address: '127.0.0.1' }, ...places];
  const lines = hosts.map(({ name, address }) => `{host,${erlangAddress(address)},["${name}"]}.\n`);
  return `${lines.join('')}{lookup,[file,native]}.\n`;
}

/** The cluster's DNS, for bash, which asks the machine: start.sh connects to other nodes in a command it gives to `timeout`. */
function namesForBash(places: readonly Place[]): string {
  const replaced = places.map(({ name, address }) => `  set -- "\${@//${name}/${address}}"\n`);
  return `timeout() {\n${replaced.join('')}  command timeout "$@"\n}\n`;
}
