import { count } from '../../../workers/tasks/count';
import { brokerHosts, outcomeText, Producer } from '../producer';
import { must, type Scenario } from '../scenario';
import { bringUp, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';
import { WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-changes';
const LOAD = { queue: 'small', perSecond: 20, steps: 1, restSeconds: 0.2 };

const before = (): System =>
  variant(NAMESPACE, {
    queues: { small: { maxTaskSeconds: 30, maxLength: 10_000 } },
    workers: { general: { queues: ['small'], concurrency: 16, replicas: 2, resources: WORKER } },
  });

const after = (): System =>
  variant(NAMESPACE, {
    queues: { small: { maxTaskSeconds: 30, maxLength: 20_000 }, added: { maxTaskSeconds: 60 } },
    workers: {
      general: { queues: ['small'], concurrency: 16, replicas: 2, resources: WORKER },
      added: { queues: ['added'], concurrency: 4, replicas: 1, resources: WORKER },
    },
  });

export const changesUnderLoad: Scenario = {
  name: 'changes-under-load',
  title: 'A queue added and a limit changed by applying again, under 20 tasks a second',
  async run(steps) {
    const system = before();
    const changed = after();
    steps.atEnd(() => steps.step('everything deleted', () => changed.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    const producer = await Producer.start(system, 'producer', LOAD, brokerHosts(system));
    await producer.progress(100);
    const broker = await identityOf(system);
    await steps.step('a queue and its worker group added, maxLength 10,000 -> 20,000', async () => {
      // Its user and password are new, too.
      await changed.createSecrets().catch(() => undefined);
      await changed.apply();
      await until('changed system that is Ready', 300, () => changed.ready());
    });
    await steps.step('a task through the new queue', () =>
      changed.withClient(async (client) => {
        const job = await client.send(count, [3, 0], { queue: 'added' });
        const value = await job.result({ timeoutSeconds: 30 });
        must(value === 3, `its value is ${value}`);
        return 'right value';
      }),
    );
    await steps.step('the new limit', async () => {
      const policies = await system.in('exec', 'tasks-broker-0', '-c', 'rabbitmq', '--', 'rabbitmqctl', '-q', 'list_policies', '-p', 'tasks', '--formatter=json');
      must(/max-length\W+20000/.test(policies), `policies are ${policies}`);
      return 'the broker has a policy with max-length 20000';
    });
    await steps.step('broker pods compared', async () => {
      const now = await identityOf(system);
      must(now === broker, `before ${broker}, now ${now}`);
      return 'the same three pods, no restart';
    });
    await steps.step('load', async () => {
      await producer.progress(100);
      const outcome = await producer.end(logs);
      must(outcome.lost === 0 && outcome.rejected === 0, outcomeText(outcome));
      return outcomeText(outcome);
    });
  },
};

async function identityOf(system: System): Promise<string> {
  const pods = await system.brokerPods();
  return pods.map(({ metadata, status }) => `${metadata.name} ${metadata.uid} ${status.containerStatuses?.[0]?.restartCount}`).join(', ');
}
