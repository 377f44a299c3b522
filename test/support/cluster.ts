import { nodeBroker } from './broker';
import { type ClusterForm, clusterForm } from './cluster-form';
import { loopbackCluster } from './loopback-cluster';
import { namespaceNetwork } from './namespace-network';
import { PrivateNode } from './private-node';
import { rabbitmqInstallation } from './rabbitmq-installation';
import { type Files, type KubernetesObject, renderedPods } from './rendered-pod';
import { generateSecrets } from './secrets';
import { TestCluster } from './test-cluster';
import type { TestBroker } from './test-broker';

export interface ClusterOptions {
  /** Secrets that nobody can make up, for the addresses of the nodes: certificates. */
  readonly secretsFor?: (addresses: readonly string[]) => Promise<Record<string, Files>>;
  /** @default - what this machine permits */
  readonly form?: ClusterForm;
}

const NETWORKS = { namespaces: namespaceNetwork, loopback: loopbackCluster };

/**
 * The nodes of the rendered StatefulSet under their rendered names and settings, each at an address of its own, with generated Secrets.
 * None of them runs yet. Call `stop` when done.
 */
export async function prepareCluster(
  objects: readonly KubernetesObject[],
  { secretsFor, form = clusterForm() }: ClusterOptions = {},
): Promise<TestCluster> {
  const installation = await rabbitmqInstallation();
  if (installation.kind === 'external' || installation.kind === 'docker') throw new Error(`no cluster on ${installation.kind}`);
  const generated = generateSecrets(objects);
  const network = await NETWORKS[form](renderedPods(objects, generated));
  const nodes: TestBroker[] = [];
  const cleanUp = async () => {
    await network.remove();
    await Promise.all(nodes.map((node) => node.own.remove()));
  };
  try {
    const addresses = network.nodes.map(({ hostname }) => hostname);
    const pods = renderedPods(objects, { ...generated, ...(await secretsFor?.(addresses)) });
    for (const [index, pod] of pods.entries()) {
      const place = network.nodes[index];
      if (!place) throw new Error(`no address for pod ${index}`);
      const node = await PrivateNode.create(installation, pod, place, {});
      nodes.push(nodeBroker(node, pod, () => Promise.resolve()));
    }
    return new TestCluster(nodes, cleanUp);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** A cluster that has formed. Takes about ten seconds. */
export async function startCluster(objects: readonly KubernetesObject[], options?: ClusterOptions): Promise<TestCluster> {
  const cluster = await prepareCluster(objects, options);
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
