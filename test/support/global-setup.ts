import { type ClusterForm, clusterForm } from './cluster-form';
import { removeNamespacesOf } from './network-namespaces';
import { KUBE_SCORE_VARIABLE, findKubeScore } from './kube-score';
import { note } from './notes';
import { python, PYTHON_ENVIRONMENTS } from './python';
import { findLibfaketime, LIBFAKETIME_VARIABLE } from './libfaketime';
import { findRedis, REDIS_VARIABLE } from './redis-installation';
import { findRabbitmq, INSTALLATION_VARIABLE, type RabbitmqInstallation } from './rabbitmq-installation';
import { scratchParent } from './scratch';
import { skipsBroker } from './skip-broker';
import { isAbandoned, killProcessesOf, newRunId, removeFoldersOf, RUN_MARK } from './test-run';

const CLUSTERS: Readonly<Record<ClusterForm, string>> = { namespaces: 'in network namespaces', loopback: 'on loopback addresses' };

/** Prepares once, before any test, what the projects `broker` and `python` need; later runs find it in the cache. */
export default async function globalSetup(): Promise<void> {
  if (skipsBroker()) return;
  const [installation] = await Promise.all([
    findRabbitmq(),
    prepareRedis(),
    prepareLibfaketime(),
    ...(selects('python') ? [...PYTHON_ENVIRONMENTS.map(python), prepareKubeScore()] : []),
  ]);
  await killProcessesOf(isAbandoned);
  await removeNamespacesOf(isAbandoned);
  await removeFoldersOf(isAbandoned, scratchParent(installation));
  process.env[RUN_MARK] = newRunId();
  process.env[INSTALLATION_VARIABLE] = JSON.stringify(installation);
  note(describe(installation));
}

async function prepareKubeScore(): Promise<void> {
  const found = await findKubeScore();
  process.env[KUBE_SCORE_VARIABLE] = JSON.stringify(found);
  if ('missing' in found) note(`kube-score itself was not run: ${found.missing}`);
}

async function prepareRedis(): Promise<void> {
  process.env[REDIS_VARIABLE] = JSON.stringify(await findRedis());
}

async function prepareLibfaketime(): Promise<void> {
  process.env[LIBFAKETIME_VARIABLE] = JSON.stringify(await findLibfaketime());
}

function describe(installation: RabbitmqInstallation): string {
  if (installation.kind === 'external') return 'tests ran on the broker of WARREN_TEST_RABBITMQ_URL';
  return `RabbitMQ ${installation.version} (${installation.kind}), clusters ${CLUSTERS[clusterForm()]}`;
}

/** Jest does not tell its setup which projects run, so that one project's setup would wait for what another needs. */
function selects(project: string): boolean {
  const selection = process.argv.findIndex((argument) => argument.startsWith('--selectProjects'));
  return selection < 0 || process.argv.slice(selection).some((argument) => argument.split('=').at(-1) === project);
}
