import { readFile, writeFile } from 'node:fs/promises';
import { getJson } from './kubectl';
import { rowText, type Scenario, type Steps } from './scenario';

const FILE = 'docs/e2e.md';

/** Puts what a scenario showed between its markers in docs/e2e.md. */
export async function writeResults(scenario: Scenario, steps: Steps, failure: string | undefined): Promise<void> {
  const text = await readFile(FILE, 'utf8');
  const [begin, end] = [`<!-- ${scenario.name}: written by npm run e2e -->`, `<!-- end of ${scenario.name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no line "${begin}" with "${end}" after it`);
  const result = await section(scenario, steps, failure);
  await writeFile(FILE, `${text.slice(0, from)}${begin}\n${result}\n${text.slice(to)}`);
}

async function section({ title }: Scenario, { rows, notes }: Steps, failure: string | undefined): Promise<string> {
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const outcome = failure === undefined ? 'Passed' : '**Failed**';
  const when = `${outcome} on ${new Date().toISOString().slice(0, 10)} in ${Math.round(seconds)} s: ${await versions()}.`;
  const table = ['| step | seconds | restarts | seen |', '|---|---:|---:|---|', ...rows.map(rowText)].join('\n');
  return [`### ${title}`, when, table, ...notes].join('\n\n');
}

/** What it ran on, as the cluster says. */
async function versions(): Promise<string> {
  const nodes = await getJson<{ items: { status: { nodeInfo: { kubeletVersion: string } } }[] }>('nodes');
  const keda = await getJson<{ spec: { template: { spec: { containers: { image: string }[] } } } }>(
    '-n',
    'keda',
    'deployment',
    'keda-operator',
  );
  const kedaImage = keda.spec.template.spec.containers[0]?.image.split(':').at(-1) ?? 'unknown';
  const rabbitmq = /image: rabbitmq:([\d.]+)/.exec(await readFile('dist/production.k8s.yaml', 'utf8'))?.[1] ?? 'unknown';
  return `Kubernetes ${nodes.items[0]?.status.nodeInfo.kubeletVersion} with ${nodes.items.length} nodes, KEDA ${kedaImage}, RabbitMQ ${rabbitmq}`;
}
