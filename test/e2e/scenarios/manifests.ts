import { count } from '../../../workers/tasks/count';
import { compareWithModel, type Measured } from '../model-curve';
import { must, type Scenario, type Steps } from '../scenario';
import { System } from '../system';
import { during, until } from '../until';

const TASKS = 1000;
const STEPS = 50;
const REST_SECONDS = 0.1;
const GROUP = 'general';

/** What `main.ts` renders, unedited: applied, 1,000 tasks run from outside, workers added and removed by KEDA. */
export const manifests: readonly Scenario[] = ['development', 'production'].map((environment) => ({
  name: environment,
  title: `dist/${environment}.k8s.yaml, unedited, with 1,000 tasks of 5 s`,
  run: (steps) => exercise(environment, steps),
}));

async function exercise(environment: string, steps: Steps): Promise<void> {
  const system = await System.rendered(environment);
  steps.watch(system);
  steps.atEnd(() => steps.step('everything deleted', () => system.delete()));
  await steps.step('Secrets created', () => system.createSecrets());
  await steps.step('manifest applied', async () => void (await system.apply()));
  await steps.step('everything Ready', async () => void (await until('system that is Ready', 600, () => system.ready())));
  await steps.step('the same manifest applied again', async () => {
    const changed = (await system.apply()).split('\n').filter((line) => line && !line.endsWith(' unchanged'));
    return changed.length === 0 ? 'every object unchanged' : `not unchanged: ${changed.join(', ')}`;
  });
  const least = await system.workers(GROUP);
  const measured: Measured = { startedAt: Date.now(), pods: [] };
  const watch = async (): Promise<void> => {
    measured.pods.push({ second: (Date.now() - measured.startedAt) / 1000, pods: await system.workers(GROUP) });
  };
  const most = (): number => Math.max(...measured.pods.map(({ pods }) => pods));
  await steps.step(`${TASKS} tasks of ${STEPS * REST_SECONDS} s run`, async () => {
    const values = await during(runTasks(system), watch);
    const wrong = values.filter((value) => value !== STEPS).length;
    must(wrong === 0, `${wrong} of ${TASKS} tasks gave a wrong value`);
    must(most() > least, 'KEDA added no workers');
    return `${values.length} right values, up to ${most()} workers`;
  });
  await steps.step('workers removed again', async () => {
    await during(
      until('return to the fewest workers', 900, async () => (await system.workers(GROUP)) === least),
      watch,
    );
    await until('system that is Ready', 120, () => system.ready());
    return `back to ${least}`;
  });
  steps.notes.push(await compareWithModel(system, GROUP, measured, { tasks: TASKS, seconds: STEPS * REST_SECONDS }));
}

function runTasks(system: System): Promise<number[]> {
  return system.withClient(async () => {
    const jobs = await Promise.all(Array.from({ length: TASKS }, () => count.delay(STEPS, REST_SECONDS)));
    return Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 600 })));
  });
}
