import type { TaskClusterProps } from '../../../constructs';
import { count } from '../../../workers/tasks/count';
import { brokerHosts, outcomeText, Producer } from '../producer';
import { must, type Scenario } from '../scenario';
import { bringUp, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';
import { WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-changes';
const LOAD = { queue: 'small', perSecond: 20, steps: 1, restSeconds: 0.2 };

type Queues = TaskClusterProps['queues'];

const GENERAL = { queues: ['small'], concurrency: 16, replicas: 2, resources: WORKER };
const ADDED: Queues = { small: { maxTaskSeconds: 30, maxLength: 20_000 }, added: { maxTaskSeconds: 30 } };

const render = (queues: Queues, workers: TaskClusterProps['workers']): System => variant(NAMESPACE, { queues, workers });
const before = (): System => render({ small: { maxTaskSeconds: 30, maxLength: 10_000 } }, { general: GENERAL });
const withQueue = (): System => render(ADDED, { general: { ...GENERAL, queues: ['small', 'added'] } });
const withGroup = (): System =>
  render(
    { ...ADDED, other: { maxTaskSeconds: 30 } },
    { general: { ...GENERAL, queues: ['small', 'added'] }, other: { queues: ['other'], resources: WORKER } },
  );

export const changesUnderLoad: Scenario = {
  name: 'changes-under-load',
  title: 'A queue added and a limit changed by applying again, under 20 tasks a second',
  async run(steps) {
    const system = before();
    steps.atEnd(() => steps.step('everything deleted', () => withGroup().drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    const producer = await Producer.start(system, 'producer', LOAD, brokerHosts(system));
    await producer.progress(100);
    const broker = await identityOf(system);
    await steps.step('a queue added to the worker group, maxLength 10,000 -> 20,000', () => change(withQueue()));
    await steps.step('a task through the new queue', () => runTask(system, 'added'));
    await steps.step('the new limit', () => limitIsThere(system));
    await steps.step('broker pods compared', async () => {
      const { currentRevision, updateRevision } = await revisions(system);
      const now = await identityOf(system);
      must(now === broker && currentRevision === updateRevision, `before ${broker}, now ${now}`);
      return 'the same three pods, no restart';
    });
    await steps.step('a queue with a worker group of its own, which has a user of its own', async () => {
      await change(withGroup());
      await system.in('rollout', 'status', 'statefulset/tasks-broker', '--timeout=300s');
      await runTask(system, 'other');
      return `right value through it; broker nodes ${(await identityOf(system)) === broker ? 'not restarted' : 'restarted one after the other'}`;
    });
    await steps.step('load', async () => {
      await producer.progress(100);
      const outcome = await producer.end(logs);
      must(outcome.lost === 0 && outcome.rejected === 0, outcomeText(outcome));
      return outcomeText(outcome);
    });
  },
};

/** Secrets of new users, then everything else. */
async function change(system: System): Promise<void> {
  await system.createSecrets();
  await system.apply();
  const deployments = system.objects.filter(({ kind }) => kind === 'Deployment');
  for (const { metadata } of deployments) await system.in('rollout', 'status', `deployment/${metadata.name}`, '--timeout=300s');
  await until('changed system that is Ready', 300, () => system.ready());
}

function runTask(system: System, queue: string): Promise<string> {
  return system.withClient(async (client) => {
    const job = await client.send(count, [3, 0], { queue });
    const value = await job.result({ timeoutSeconds: 30 });
    must(value === 3, `its value is ${value}`);
    return 'right value';
  });
}

async function limitIsThere(system: System): Promise<string> {
  const rabbitmqctl = ['exec', 'tasks-broker-0', '-c', 'rabbitmq', '--', 'rabbitmqctl', '-q'];
  const policies = await system.in(...rabbitmqctl, 'list_policies', '-p', 'tasks', '--formatter=json');
  must(/max-length\W+20000/.test(policies), `policies are ${policies}`);
  return 'the broker has a policy with max-length 20000';
}

async function revisions(system: System): Promise<{ currentRevision: string; updateRevision: string }> {
  const set = await system.get<{ status: { currentRevision: string; updateRevision: string } }>('statefulset', 'tasks-broker');
  return set.status;
}

async function identityOf(system: System): Promise<string> {
  const pods = await system.brokerPods();
  return pods.map(({ metadata, status }) => `${metadata.name} ${metadata.uid} ${status.containerStatuses?.[0]?.restartCount}`).join(', ');
}
