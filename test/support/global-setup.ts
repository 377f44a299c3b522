import { randomBytes } from 'node:crypto';
import { note } from './notes';
import { RUN_MARK } from './process-table';
import { python, PYTHON_ENVIRONMENTS } from './python';
import { findRabbitmq, INSTALLATION_VARIABLE, type RabbitmqInstallation } from './rabbitmq-installation';
import { skipsBroker } from './skip-broker';

/** Prepares once, before any test, what the projects `broker` and `python` need; later runs find it in the cache. */
export default async function globalSetup(): Promise<void> {
  if (skipsBroker()) return;
  const [installation] = await Promise.all([findRabbitmq(), ...(selects('python') ? PYTHON_ENVIRONMENTS.map(python) : [])]);
  process.env[RUN_MARK] = `${process.pid}-${randomBytes(4).toString('hex')}`;
  process.env[INSTALLATION_VARIABLE] = JSON.stringify(installation);
  note(describe(installation));
}

function describe(installation: RabbitmqInstallation): string {
  return installation.kind === 'external'
    ? 'tests ran on a broker of WARREN_TEST_RABBITMQ_URL'
    : `RabbitMQ ${installation.version} (${installation.kind})`;
}

/** Jest does not tell its setup which projects run, so that one project's setup would wait for what another needs. */
function selects(project: string): boolean {
  const selection = process.argv.findIndex((argument) => argument.startsWith('--selectProjects'));
  return selection < 0 || process.argv.slice(selection).some((argument) => argument.split('=').at(-1) === project);
}
