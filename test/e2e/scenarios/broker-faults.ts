import { randomBytes } from 'node:crypto';
import { brokerHosts, type Outcome, outcomeText, Producer } from '../producer';
import { must, type Scenario, type Steps } from '../scenario';
import { bringUp, isReady, System } from '../system';
import { until } from '../until';
import { WorkerLogs } from '../worker-logs';

const LOAD = { queue: 'small', perSecond: 20, steps: 1, restSeconds: 0.2 };
/** Tasks accepted before and after each fault, so that it happens within the load. */
const AROUND = 100;
const WORKERS = 3;

export const brokerFaults: Scenario = {
  name: 'broker-faults',
  title: 'Faults on broker pods of dist/production.k8s.yaml, under 20 tasks a second',
  async run(steps) {
    const system = await System.rendered('production');
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    await steps.step(`scaling of the workers paused at ${WORKERS} by annotation`, () => pauseWorkers(system));
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    for (const [what, fault] of Object.entries(FAULTS)) await underLoad(steps, system, logs, what, fault);
  },
};

type Fault = (system: System, producer: string) => Promise<unknown>;

const FAULTS: Readonly<Record<string, Fault>> = {
  'no fault': async () => undefined,
  'a broker pod deleted': (system) => system.in('delete', 'pod', 'tasks-broker-1', '--wait'),
  'a broker pod killed (no grace period)': (system) => system.in('delete', 'pod', 'tasks-broker-2', '--grace-period=0', '--force'),
  'a pod deleted with its volume claim': async (system) => {
    await system.in('delete', 'pvc', 'data-tasks-broker-0', '--wait=false');
    await system.in('delete', 'pod', 'tasks-broker-0', '--wait');
  },
  'rolling restart of the StatefulSet': restart,
  'passwords of workers and producer changed, as the runbook says, and all their connections closed': rotatePasswords,
};

async function underLoad(steps: Steps, system: System, logs: WorkerLogs, what: string, fault: Fault): Promise<void> {
  await steps.step(what, async () => {
    const name = `producer-${Date.now()}`;
    const producer = await Producer.start(system, name, LOAD, brokerHosts(system));
    await producer.progress(AROUND);
    const started = Date.now();
    await fault(system, name);
    await until('broker that is Ready again', 300, async () => allReady(system));
    const recovered = (Date.now() - started) / 1000;
    await producer.progress(AROUND);
    const outcome: Outcome = await producer.end(logs);
    must(outcome.lost === 0, outcomeText(outcome));
    return `three nodes Ready after ${recovered.toFixed(1)} s; ${outcomeText(outcome)}`;
  });
}

async function allReady(system: System): Promise<boolean> {
  const pods = await system.allPods('app.kubernetes.io/name=tasks-broker');
  return pods.length === 3 && pods.every((pod) => isReady(pod) && !pod.metadata.deletionTimestamp);
}

async function restart(system: System): Promise<void> {
  await system.in('rollout', 'restart', 'statefulset/tasks-broker');
  await system.in('rollout', 'status', 'statefulset/tasks-broker', '--timeout=300s');
}

/** docs/runbooks/rotate-passwords.md */
async function rotatePasswords(system: System, producer: string): Promise<void> {
  const passwords = { 'worker-general': randomBytes(24).toString('base64'), producer: randomBytes(24).toString('base64') };
  for (const [user, password] of Object.entries(passwords))
    await system.in('patch', 'secret', `tasks-broker-${user}`, '-p', JSON.stringify({ stringData: { password } }));
  const workers = (await system.workerPods('general')).map(({ metadata }) => metadata.name);
  await until('new passwords in every pod', 180, async () => {
    const seen = await Promise.all([
      passwordIn(system, producer, '/user'),
      ...workers.map((pod) => passwordIn(system, pod, '/etc/warren/broker-user')),
    ]);
    return seen.every((password, index) => password === passwords[index === 0 ? 'producer' : 'worker-general']);
  });
  await system.in('delete', 'jobs', '-l', 'app.kubernetes.io/component=topology');
  await system.apply();
  await until('topology Job that is done', 120, () => system.ready());
  for (const user of Object.keys(passwords))
    await system.in('exec', 'tasks-broker-0', '-c', 'rabbitmq', '--', 'rabbitmqctl', '-q', 'close_all_user_connections', user, 'rotated');
}

function passwordIn(system: System, pod: string, folder: string): Promise<string> {
  return system.in('exec', pod, '--', 'cat', `${folder}/password`);
}

/** A fixed number of workers, so that every one of them, and its log, is there at the end. */
async function pauseWorkers(system: System): Promise<string> {
  await system.in('annotate', 'scaledobject', 'tasks-worker-general', `autoscaling.keda.sh/paused-replicas=${WORKERS}`);
  await until(`${WORKERS} workers`, 120, async () => (await system.workerPods('general')).filter(isReady).length === WORKERS);
  return `${WORKERS} workers Ready`;
}
