import { count } from '../../../workers/tasks/count';
import { must, type Scenario } from '../scenario';
import { bringUp, type Pod, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';

const NAMESPACE = 'e2e-jobs';
const TASKS = 3;
const TASK_SECONDS = 60;
/** What a surplus Job waits for a task (constructs/workers/worker-jobs.ts), and what a pod takes to start and to end. */
const MOST_IDLE_SECONDS = 30 + 20;
/** After its end KEDA may still see a task, in figures that are 10 s old, at a look that it has each 10 s. */
const LATEST_SURPLUS_SECONDS = 30;
const JOB_PODS = 'app.kubernetes.io/name=tasks-worker-long';

interface Job {
  metadata: { name: string };
  status: { succeeded?: number; failed?: number; active?: number; startTime?: string; completionTime?: string };
}

export const jobs: Scenario = {
  name: 'jobs',
  title: `A group with jobs: ${TASKS} tasks of ${TASK_SECONDS} s`,
  async run(steps) {
    const system = variant(NAMESPACE, {
      queues: { small: { maxTaskSeconds: 30 }, long: { maxTaskSeconds: 3600 } },
      workers: {
        general: { queues: ['small'], replicas: 1, resources: WORKER },
        long: { queues: ['long'], jobs: { max: 5 }, resources: WORKER },
      },
      broker: { nodes: 1 },
    });
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    await steps.step(`${TASKS} tasks run`, () =>
      system.withClient(async (client) => {
        const sent = [];
        for (let task = 0; task < TASKS; task++) sent.push(await client.send(count, [TASK_SECONDS, 1], { queue: 'long' }));
        const values = await Promise.all(sent.map((job) => job.result({ timeoutSeconds: 300 })));
        must(
          values.every((value) => value === TASK_SECONDS),
          `values are ${values.join(', ')}`,
        );
        return `${values.length} right values`;
      }),
    );
    const done = await steps.step('every Job ended', () => until('end of every Job', 180, () => endedJobs(system)));
    await steps.step('Jobs', async () => {
      const pods = await system.allPods(JOB_PODS);
      const codes = pods.map(exitCode);
      must(
        codes.every((code) => code === 0),
        `exit codes are ${codes.join(', ')}`,
      );
      const worked = done.filter((job) => secondsOf(job) >= TASK_SECONDS);
      const surplus = done.filter((job) => secondsOf(job) < TASK_SECONDS);
      must(worked.length === TASKS, `${worked.length} Jobs ran a task`);
      const longest = Math.max(0, ...surplus.map(secondsOf));
      must(longest <= MOST_IDLE_SECONDS, `a surplus Job lived for ${longest} s`);
      const idle = surplus.length === 0 ? '' : `, which lived for ${longest} s at most`;
      return `${worked.length} ran a task each, all ${pods.length} pods exited with 0; ${surplus.length} surplus${idle}`;
    });
  },
};

/** Math.max is NaN, and the comparison false, while one of them has not ended. */
async function endedJobs(system: System): Promise<Job[] | undefined> {
  const { items } = await system.get<{ items: Job[] }>('jobs', '-l', 'scaledjob.keda.sh/name=tasks-worker-long');
  const last = Math.max(...items.map(({ status }) => new Date(status.completionTime ?? Number.NaN).getTime()));
  return items.length >= TASKS && Date.now() - last > LATEST_SURPLUS_SECONDS * 1000 ? items : undefined;
}

function secondsOf({ status }: Job): number {
  return (new Date(status.completionTime ?? 0).getTime() - new Date(status.startTime ?? 0).getTime()) / 1000;
}

function exitCode({ status }: Pod): number | undefined {
  return status.containerStatuses?.[0]?.state.terminated?.exitCode;
}
