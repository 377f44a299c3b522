import { definitionsOf } from './definitions';
import { externalBroker } from './external-broker';
import { freePorts } from './free-ports';
import type { NodePorts } from './node-settings';
import { PrivateNode } from './private-node';
import { rabbitmqInstallation } from './rabbitmq-installation';
import { type Environment, type KubernetesObject, renderedPod } from './rendered-pod';
import { generateSecrets } from './secrets';
import { TestBroker } from './test-broker';

export interface BrokerOptions {
  /** The rendered system, for example `render(...).charts[0].toJson()`. */
  readonly objects: readonly KubernetesObject[];
  /** More lines of rabbitmq.conf, by key. */
  readonly settings?: Environment;
}

/**
 * A broker as the manifest configures it: one private node on free loopback ports, started from the rendered ConfigMap and StatefulSet
 * with generated Secrets. Call `stop` when done. Takes about five seconds: give the hook that calls it a minute.
 */
export async function startBroker({ objects, settings = {} }: BrokerOptions): Promise<TestBroker> {
  const installation = await rabbitmqInstallation();
  const secrets = generateSecrets(objects);
  const pod = renderedPod(objects, secrets, 0);
  if (installation.kind === 'external') return externalBroker(installation, pod);
  const ports = await nodePorts();
  const node = await PrivateNode.create(installation, pod, ports, settings);
  const address = {
    hostname: '127.0.0.1',
    amqpPort: ports.amqp,
    managementUrl: `http://127.0.0.1:${ports.management}/`,
    usersFolder: node.path(pod.prepare.env['USERS_DIR'] ?? ''),
    ...definitionsOf(pod),
  };
  const broker = new TestBroker(address, node, () => node.remove());
  try {
    await broker.start();
    return broker;
  } catch (error) {
    await node.remove();
    throw error;
  }
}

async function nodePorts(): Promise<NodePorts> {
  const [amqp = 0, management = 0, prometheus = 0, distribution = 0, epmd = 0] = await freePorts(5);
  return { amqp, management, prometheus, distribution, epmd };
}
