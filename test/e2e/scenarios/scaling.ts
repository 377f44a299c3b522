import type { Job } from '../../../workers/client/job';
import { count } from '../../../workers/tasks/count';
import type { TaskClusterProps } from '../../../constructs';
import { must, type Scenario, type Steps } from '../scenario';
import { bringUp, type System } from '../system';
import { stays, until } from '../until';
import { variant, WORKER } from '../variant';

const NAMESPACE = 'e2e-scaling';
const STEADY = { workers: 3, taskSeconds: 60 } as const;
const STABILIZATION_SECONDS = 15;

export const scaling: Scenario = {
  name: 'scaling',
  title: 'Zero and back, pausing, and KEDA cut off from the broker',
  async run(steps) {
    const system = render();
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    await cutOff(steps, system);
    await zeroAndBack(steps, system);
    await pause(steps, system);
  },
};

function render(networkPolicies: TaskClusterProps['networkPolicies'] = {}): System {
  return variant(NAMESPACE, {
    queues: {
      steady: { maxTaskSeconds: 90, limits: { scaleDownStabilizationSeconds: STABILIZATION_SECONDS } },
      heavy: { maxTaskSeconds: 60 },
    },
    workers: {
      steady: { queues: ['steady'], concurrency: 1, scale: { min: 1, max: 5 }, resources: WORKER },
      heavy: { queues: ['heavy'], concurrency: 1, scale: { min: 0, max: 2 }, resources: WORKER },
    },
    networkPolicies,
    broker: { nodes: 1 },
  });
}

async function zeroAndBack(steps: Steps, system: System): Promise<void> {
  await steps.step('group with min 0 asleep', () =>
    until('no worker', 300, async () => (await system.workers('heavy')) === 0).then(() => ''),
  );
  await steps.step('a task wakes it', () =>
    system.withClient(async (client) => {
      const job = await client.send(count, [1, 0], { queue: 'heavy' });
      must((await job.result({ timeoutSeconds: 120 })) === 1, 'wrong value');
      return 'right value';
    }),
  );
  await steps.step('asleep again', () => until('no worker', 300, async () => (await system.workers('heavy')) === 0).then(() => ''));
}

async function pause(steps: Steps, system: System): Promise<void> {
  const annotate = (value: string): Promise<string> => system.in('annotate', 'scaledobject', 'tasks-worker-heavy', value);
  await steps.step('paused at 2 workers by annotation, with an empty queue', async () => {
    await annotate('autoscaling.keda.sh/paused-replicas=2');
    await until('2 workers', 60, async () => (await system.workers('heavy')) === 2);
  });
  await steps.step('the manifest applied again while paused', async () => {
    await system.apply();
    await stays('2 workers', 20, async () => (await system.workers('heavy')) === 2);
    return 'still 2 workers';
  });
  await steps.step('annotation removed', async () => {
    await annotate('autoscaling.keda.sh/paused-replicas-');
    await until('no worker', 300, async () => (await system.workers('heavy')) === 0);
    return 'asleep again';
  });
}

/** A NetworkPolicy that expects KEDA in another namespace keeps it from the management API. */
async function cutOff(steps: Steps, system: System): Promise<void> {
  const workers = (): Promise<number> => system.workers('steady');
  await system.withClient(async (client) => {
    const jobs: Job<number>[] = [];
    for (let task = 0; task < STEADY.workers; task++) jobs.push(await client.send(count, [STEADY.taskSeconds, 1], { queue: 'steady' }));
    await steps.step(`1 -> ${STEADY.workers} workers`, () =>
      until(`${STEADY.workers} workers`, 120, async () => (await workers()) === STEADY.workers).then(() => ''),
    );
    await steps.step('KEDA cut off from the broker', async () => {
      await render({ kedaNamespace: 'elsewhere' }).apply();
      await until('ScaledObject on its fallback', 180, () => hasFallback(system));
      return 'the ScaledObject is on its fallback';
    });
    await steps.step('all tasks done, and three times the stabilisation later', async () => {
      const values = await Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 180 })));
      must(
        values.every((value) => value === STEADY.taskSeconds),
        'wrong values',
      );
      await stays(`${STEADY.workers} workers`, 3 * STABILIZATION_SECONDS, async () => (await workers()) === STEADY.workers);
      return `still ${STEADY.workers} workers`;
    });
  });
  await steps.step('KEDA let in again', async () => {
    await system.apply();
    await until('1 worker', 300, async () => (await workers()) === 1);
    must(!(await hasFallback(system)), 'still on its fallback');
    return 'back to 1 worker';
  });
}

async function hasFallback(system: System): Promise<boolean> {
  const { status } = await system.get<{ status: { conditions: { type: string; status: string }[] } }>(
    'scaledobject',
    'tasks-worker-steady',
  );
  return status.conditions.some(({ type, status }) => type === 'Fallback' && status === 'True');
}
