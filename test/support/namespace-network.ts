import type { ClusterNetwork } from './cluster-network';
import { clientPorts } from './listeners';
import { privateNetwork } from './network-namespaces';
import type { NodeNetwork } from './node-network';
import { hostOf, type RenderedPod } from './rendered-pod';

/** A network on which every pod has its own address, the rendered ports and the rendered names. */
export async function namespaceNetwork(pods: readonly RenderedPod[]): Promise<ClusterNetwork> {
  const network = await privateNetwork(pods.length);
  const names = pods.map((pod, index) => `${network.hosts[index]?.address} ${hostOf(pod)}\n`);
  const nodes = network.hosts.map(({ namespace, address }, index): NodeNetwork => {
    const ports = pods[index]?.ports ?? {};
    return {
      hostname: address,
      ...clientPorts(ports),
      ports,
      conf: {},
      env: {},
      erlang: [],
      files: { hosts: `127.0.0.1 localhost\n${names.join('')}` },
      namespace,
    };
  });
  return { nodes, remove: () => network.remove() };
}
