import type { Client } from '../../../workers/client/client';
import type { Job } from '../../../workers/client/job';
import { ENVIRONMENT } from '../../../workers/environment';
import { count } from '../../../workers/tasks/count';
import { must, type Scenario, type Steps } from '../scenario';
import { bringUp, type KubernetesObject, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';
import { type LogLine, WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-rollout';
const LONG = { tasks: 4, seconds: 45 } as const;
const SHORT = { tasks: 20, seconds: 2 } as const;
/** Shorter than the long tasks, which no declaration allows: what happens when the grace period is too short. */
const HASTY_DRAIN_SECONDS = 5;
/** From the loss of a worker to the start of its tasks elsewhere. */
const MOST_TAKEOVER_SECONDS = 20;

export const rollout: Scenario = {
  name: 'rollout',
  title: `Workers replaced while they run tasks of ${LONG.seconds} s`,
  async run(steps) {
    const group = (queue: string) => ({ queues: [queue], concurrency: 16, replicas: 2, resources: WORKER });
    const queues = { patient: { maxTaskSeconds: 120 }, hasty: { maxTaskSeconds: 120 } };
    const workers = { patient: group('patient'), hasty: group('hasty') };
    const system = variant(NAMESPACE, { queues, workers, broker: { nodes: 1 } }, shortenDrain);
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    await system.withClient(async (client) => {
      await restart(steps, system, logs, client, 'patient');
      await restart(steps, system, logs, client, 'hasty');
      await kill(steps, system, logs, client);
    });
  },
};

/** The drain of one group is shorter than its tasks. */
function shortenDrain(object: KubernetesObject): void {
  if (object.kind !== 'Deployment' || object.metadata.name !== 'tasks-worker-hasty') return;
  const { spec } = object as unknown as { spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } } };
  for (const variable of spec.template.spec.containers[0]?.env ?? []) {
    if (variable.name === ENVIRONMENT.drainSeconds) variable.value = String(HASTY_DRAIN_SECONDS);
  }
}

async function restart(steps: Steps, system: System, logs: WorkerLogs, client: Client, group: 'patient' | 'hasty'): Promise<void> {
  const drain = group === 'hasty' ? `a drain of ${HASTY_DRAIN_SECONDS} s` : 'the rendered drain';
  await steps.step(`rollout restart of two workers with ${drain}, in ${LONG.tasks} long and ${SHORT.tasks} short tasks`, async () => {
    const jobs = await startTasks(system, client, group);
    await system.in('rollout', 'restart', `deployment/tasks-worker-${group}`);
    await system.in('rollout', 'status', `deployment/tasks-worker-${group}`, '--timeout=300s');
    await finish(jobs);
    const stopped = await until('end of both old workers', 120, async () => {
      const lines = linesOf(logs.saying('worker stopped'), group);
      return lines.length >= 2 ? lines : undefined;
    });
    await allEnded(logs, jobs);
    const handedBack = stopped.reduce((sum, line) => sum + Number(line['handedBack']), 0);
    must(group === 'hasty' ? handedBack > 0 : handedBack === 0, `${handedBack} tasks were handed back`);
    const takeover = group === 'hasty' ? `, begun elsewhere after ${takeoverText(logs, jobs, stopped)}` : '';
    return `${handedBack} handed back${takeover}; ${endsText(logs, jobs)}`;
  });
}

async function kill(steps: Steps, system: System, logs: WorkerLogs, client: Client): Promise<void> {
  await steps.step(`a worker killed (no grace period), in ${LONG.tasks} long and ${SHORT.tasks} short tasks`, async () => {
    const jobs = await startTasks(system, client, 'patient');
    const [pod] = await system.workerPods('patient');
    const time = Date.now();
    await system.in('delete', 'pod', pod?.metadata.name ?? '', '--grace-period=0', '--force');
    await finish(jobs);
    await allEnded(logs, jobs);
    return `begun elsewhere after ${takeoverText(logs, jobs, [{ time }])}; ${endsText(logs, jobs)}`;
  });
}

/** Sends the tasks, and waits until all of them run. */
async function startTasks(system: System, client: Client, queue: string): Promise<Job<number>[]> {
  const jobs: Job<number>[] = [];
  for (const { tasks, seconds } of [LONG, SHORT])
    for (let task = 0; task < tasks; task++) jobs.push(await client.send(count, [seconds, 1], { queue }));
  await until('long tasks that run, and no others', 60, async () => (await unfinished(system, queue)) === LONG.tasks);
  return jobs;
}

async function unfinished(system: System, queue: string): Promise<number> {
  const rabbitmqctl = ['exec', 'tasks-broker-0', '-c', 'rabbitmq', '--', 'rabbitmqctl', '-q', 'list_queues', '-p', 'tasks'];
  const text = await system.in(...rabbitmqctl, 'name', 'messages', '--formatter=json');
  return (JSON.parse(text) as { name: string; messages: number }[]).find(({ name }) => name === queue)?.messages ?? -1;
}

async function finish(jobs: readonly Job<number>[]): Promise<void> {
  const values = await Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 300 })));
  const right = values.every((value, index) => value === (index < LONG.tasks ? LONG.seconds : SHORT.seconds));
  must(right, `values are ${values.join(', ')}`);
}

/** The log may be a little behind the results. */
function allEnded(logs: WorkerLogs, jobs: readonly Job<number>[]): Promise<unknown> {
  return until('ends of all tasks in the logs', 30, async () => jobs.every(({ id }) => logs.finished().includes(id)));
}

function linesOf(lines: readonly LogLine[], group: string): LogLine[] {
  return lines.filter(({ pod }) => pod.startsWith(`tasks-worker-${group}-`));
}

function endsText(logs: WorkerLogs, jobs: readonly Job<number>[]): string {
  const ids = new Set(jobs.map(({ id }) => id));
  const ends = logs.finished().filter((id) => ids.has(id)).length;
  must(ends === jobs.length, `${ends} ends of ${jobs.length} tasks`);
  return `all ${jobs.length} tasks finished, none twice`;
}

/** Seconds from the last worker's end before it to each second beginning of a task. */
function takeoverText(logs: WorkerLogs, jobs: readonly Job<number>[], ends: readonly Pick<LogLine, 'time'>[]): string {
  const ids = new Set(jobs.map(({ id }) => id));
  const begun = logs
    .saying('task ended')
    .filter((line) => ids.has(String(line['id'])) && line['redelivered'] === true && line['status'] === 'SUCCESS')
    .map((line) => line.time - Number(line['seconds']) * 1000);
  must(begun.length > 0, 'no task was delivered again');
  const waits = begun.map((time) => Math.min(...ends.map((end) => Math.abs(time - end.time) / 1000)));
  must(Math.max(...waits) <= MOST_TAKEOVER_SECONDS, `begun elsewhere only after ${Math.max(...waits)} s`);
  return `${Math.max(...waits).toFixed(1)} s at most (${begun.length} tasks)`;
}
