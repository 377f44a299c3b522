import { note } from './notes';
import { INSTALLATION_VARIABLE, type RabbitmqInstallation } from './rabbitmq-installation';
import { describeReal } from './real';

/** `describe` for tests that need several nodes of the rendered StatefulSet; says why where they cannot run. */
export const describeCluster: jest.Describe = missing() === undefined ? describeReal : skipped(missing() ?? '');

/** What this machine lacks for several nodes. */
function missing(): string | undefined {
  const { kind } = JSON.parse(process.env[INSTALLATION_VARIABLE] ?? '{}') as Partial<RabbitmqInstallation>;
  if (kind === 'docker' || kind === 'external') return `RabbitMQ in a folder of this machine (it is ${kind})`;
  return process.getuid?.() === 0 ? undefined : 'root, to make network namespaces';
}

function skipped(why: string): jest.Describe {
  note(`no tests on three nodes: they need ${why}`);
  return describe.skip;
}
