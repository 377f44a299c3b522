import { clusterForm } from './cluster-form';
import { note } from './notes';
import { INSTALLATION_VARIABLE, type RabbitmqInstallation } from './rabbitmq-installation';
import { describeReal } from './real';

/** `describe` for tests that need several nodes of the rendered StatefulSet; where they cannot run, the report says why. */
export function describeCluster(name: string, tests: () => void): void {
  describeUnless(missingForNodes(), 'three nodes')(name, tests);
}

/** The same for tests in which the network between nodes loses packets. */
export function describeLostPackets(name: string, tests: () => void): void {
  describeUnless(missingForLosses(), 'a network that loses packets')(name, tests);
}

function describeUnless(missing: string | undefined, what: string): jest.Describe {
  if (missing === undefined) return describeReal;
  note(`no tests on ${what}: they need ${missing}`);
  return describe.skip;
}

function missingForNodes(): string | undefined {
  const { kind } = JSON.parse(process.env[INSTALLATION_VARIABLE] ?? '{}') as Partial<RabbitmqInstallation>;
  if (kind === 'docker' || kind === 'external') return `RabbitMQ in a folder of this machine (it is ${kind})`;
  return process.platform === 'linux' ? undefined : 'Linux, where every address of 127.0.0.0/8 is loopback';
}

function missingForLosses(): string | undefined {
  if (clusterForm() === 'namespaces') return missingForNodes();
  return 'network namespaces: root with the capabilities to make them, and WARREN_TEST_CLUSTER not set';
}
