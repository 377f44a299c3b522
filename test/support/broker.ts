import { PATHS } from '../../constructs/rabbitmq/paths';
import { definitionsOf } from './definitions';
import { externalBroker } from './external-broker';
import { loopbackNetwork } from './loopback-network';
import { PrivateNode } from './private-node';
import { rabbitmqInstallation } from './rabbitmq-installation';
import { type Environment, type Files, type KubernetesObject, type RenderedPod, renderedPod } from './rendered-pod';
import { generateSecrets } from './secrets';
import { TestBroker } from './test-broker';

export interface BrokerOptions {
  /** The rendered system, for example `render(...).charts[0].toJson()`. */
  readonly objects: readonly KubernetesObject[];
  /** More lines of rabbitmq.conf, by key. */
  readonly settings?: Environment;
  /** Secrets that nobody can make up, by name: certificates. */
  readonly secrets?: Readonly<Record<string, Files>>;
}

/**
 * A broker as the manifest configures it: one private node on free loopback ports, started from the rendered ConfigMap and StatefulSet
 * with generated Secrets. Call `stop` when done. Takes about five seconds: give the hook that calls it a minute.
 */
export async function startBroker({ objects, settings = {}, secrets: given = {} }: BrokerOptions): Promise<TestBroker> {
  const installation = await rabbitmqInstallation();
  const secrets = { ...generateSecrets(objects), ...given };
  const pod = renderedPod(objects, secrets, 0);
  if (installation.kind === 'external') return externalBroker(installation, pod);
  const node = await PrivateNode.create(installation, pod, await loopbackNetwork(pod), settings);
  const broker = nodeBroker(node, pod, () => node.remove());
  try {
    await broker.start();
    return broker;
  } catch (error) {
    await node.remove();
    throw error;
  }
}

/** A node as tests see it. */
export function nodeBroker(node: PrivateNode, pod: RenderedPod, cleanUp: () => Promise<void>): TestBroker {
  const { hostname, amqpPort, managementPort, ports } = node.network;
  const tls = ports['management-tls'] !== undefined;
  const address = {
    hostname,
    amqpPort,
    managementUrl: `http${tls ? 's' : ''}://${hostname}:${managementPort}/`,
    usersFolder: node.path(pod.prepare.env['USERS_DIR'] ?? ''),
    startupPath: pod.startupPath,
    ports,
    ...(tls && { tlsCa: node.path(`${PATHS.tls}/ca.crt`) }),
    ...definitionsOf(pod),
  };
  return new TestBroker(address, node, cleanUp);
}
