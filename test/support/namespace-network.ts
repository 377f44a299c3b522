import type { NodeNetwork } from './node-network';
import { privateNetwork } from './network-namespaces';
import type { RenderedPod } from './rendered-pod';

export interface ClusterNetwork {
  /** One for each pod. */
  readonly nodes: readonly NodeNetwork[];
  remove(): Promise<void>;
}

/** A network on which every pod has its own address, the rendered ports and the rendered names. */
export async function namespaceNetwork(pods: readonly RenderedPod[]): Promise<ClusterNetwork> {
  const network = await privateNetwork(pods.length);
  const names = network.hosts.map(({ address }, index) => `${address} ${pods[index]?.server.env['RABBITMQ_NODENAME']?.split('@')[1]}\n`);
  const nodes = network.hosts.map(({ namespace, address }, index): NodeNetwork => {
    const ports = pods[index]?.ports ?? {};
    return {
      hostname: address,
      amqpPort: ports['amqps'] ?? ports['amqp'] ?? 0,
      managementPort: ports['management-tls'] ?? ports['management'] ?? 0,
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
