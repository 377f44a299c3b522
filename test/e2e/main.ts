/**
 * Runs scenarios on the cluster that the kubeconfig names, all of them or those named on the command line, and writes what they showed into
 * docs/e2e.md. Exits with 1 when any fails.
 *
 *     E2E_IMAGE_COMMAND='docker build -t {image} -f {dockerfile} {context} && kind load docker-image {image}' npm run e2e -- deletion-cost
 */
import { writeResults } from './document';
import { loadImage } from './image';
import { kubectl } from './kubectl';
import { type Scenario, Steps } from './scenario';
import { SCENARIOS } from './scenarios';

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0)
    throw new Error(`no scenario ${unknown.join(', ')} -> use some of ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  console.log('| scenario | step | seconds | restarts | seen |\n|---|---|---:|---:|---|');
  const image = new Steps('-');
  await image.step('worker image built and loaded', loadImage);
  for (const scenario of await chosen(names)) await runOne(scenario);
}

async function chosen(names: readonly string[]): Promise<Scenario[]> {
  if (names.length > 0) return SCENARIOS.filter(({ name }) => names.includes(name));
  const present = new Set((await kubectl('get', 'crd', '-o', 'name')).split('\n').map((line) => line.replace(/^.*\//, '')));
  return SCENARIOS.filter(({ name, needs = [] }) => {
    const missing = needs.filter((definition) => !present.has(definition));
    if (missing.length > 0) console.log(`| ${name} | not run |  |  | this cluster has no ${missing.join(' and no ')} |`);
    return missing.length === 0;
  });
}

/** A scenario that fails does not keep the others from running. */
async function runOne(scenario: Scenario): Promise<void> {
  const steps = new Steps(scenario.name);
  let failure: string | undefined;
  const failed = (error: unknown): void => {
    failure = error instanceof Error ? error.message : String(error);
    process.exitCode = 1;
    console.error(`${scenario.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
  };
  await scenario.run(steps).catch(failed);
  await steps.finish().catch(failed);
  await writeResults(scenario, steps, failure);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
