/**
 * Applies the rendered manifests, unedited, to the cluster that the kubeconfig names, runs tasks, watches KEDA and cleans up.
 *
 *     E2E_IMAGE_COMMAND='docker build -t {image} -f {dockerfile} {context} && kind load docker-image {image}' npm run e2e
 *
 * Prints phases with their times and the restarts seen in each, as a Markdown table. Exits with 1 when anything fails.
 */
import { setTimeout } from 'node:timers/promises';
import { loadImage, System } from './system';

const TASKS = 1000;
const STEPS = 50;
const REST_SECONDS = 0.1;
const GROUP = 'general';
const IMAGE_COMMAND =
  process.env['E2E_IMAGE_COMMAND'] ?? 'docker build -t {image} -f {dockerfile} {context} && kind load docker-image {image}';

async function main(environments: readonly string[]): Promise<void> {
  console.log('| environment | phase | seconds | restarts | seen |\n|---|---|---:|---:|---|');
  await phase('-', 'worker image built and loaded', undefined, () => loadImage(IMAGE_COMMAND));
  for (const environment of environments) await exercise(new System(environment));
}

async function exercise(system: System): Promise<void> {
  const step = <T>(what: string, work: () => Promise<T>) => phase(system.environment, what, system, work);
  try {
    await step('Secrets created', () => system.createSecrets());
    await step('manifest applied', () => system.apply());
    await step('everything Ready', () => until(() => system.ready(), 600));
    const least = await system.workers(GROUP);
    const most = await step(`${TASKS} tasks of ${STEPS * REST_SECONDS} s run`, () => runAndWatch(system));
    if (Number(/(\d+) workers/.exec(most)?.[1]) <= least) throw new Error(`KEDA added no workers: ${most}`);
    await step('workers removed again', () => shrink(system, least));
  } finally {
    await step('everything deleted', () => system.delete());
  }
}

/** Runs the tasks and reports the most workers there were. */
async function runAndWatch(system: System): Promise<string> {
  const done = new AbortController();
  let most = 0;
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      most = Math.max(most, await system.workers(GROUP));
      await setTimeout(2000);
    }
  };
  const tasks = system.runTasks(TASKS, STEPS, REST_SECONDS).finally(() => done.abort());
  const [values] = await Promise.all([tasks, watch()]);
  const wrong = values.filter((value) => value !== STEPS).length;
  if (wrong > 0) throw new Error(`${wrong} of ${TASKS} tasks gave a wrong value`);
  return `${values.length} right values, up to ${most} workers`;
}

async function shrink(system: System, least: number): Promise<string> {
  await until(async () => (await system.workers(GROUP)) === least, 900);
  await until(() => system.ready(), 120);
  return `back to ${least}`;
}

async function phase<T>(environment: string, what: string, system: System | undefined, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const line = (seen: string, restarts: string): void =>
    console.log(`| ${environment} | ${what} | ${((performance.now() - started) / 1000).toFixed(1)} | ${restarts} | ${seen} |`);
  try {
    const result = await work();
    line(typeof result === 'string' ? result : '', system ? String(await system.restarts()) : '');
    return result;
  } catch (error) {
    line(`FAILED: ${error instanceof Error ? error.message : String(error)}`, '');
    throw error;
  }
}

async function until(condition: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s`);
    await setTimeout(1000);
  }
}

const chosen = process.argv.slice(2);
main(chosen.length > 0 ? chosen : ['development', 'production']).catch(() => {
  process.exitCode = 1;
});
