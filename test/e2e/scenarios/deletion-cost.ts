import type { Client } from '../../../workers/client/client';
import type { Job } from '../../../workers/client/job';
import { DELETION_COST_ANNOTATION } from '../../../workers/kubernetes/deletion-cost';
import { count } from '../../../workers/tasks/count';
import { type ApiAnswer, ask, messageIn } from '../../../workers/kubernetes/api';
import { kubectl } from '../kubectl';
import { must, type Scenario, type Steps } from '../scenario';
import { bringUp, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';
import { WorkerLogs } from '../worker-logs';

const NAMESPACE = 'e2e-deletion-cost';
const GROUPS = { careful: true, blind: false } as const;
const LONG = { every: 5, seconds: 160 } as const;
const SHORT_SECONDS = 25;
const TASKS = 20;
const MOST = 10;
const limits = { scaleDownStabilizationSeconds: 15 } as const;

/** Both groups at once, each on its own queue, so that both see the same cluster. */
export const deletionCost: Scenario = {
  name: 'deletion-cost',
  title: 'Deletion cost: 20 tasks (4 of 160 s, 16 of 25 s), concurrency 1, 1 -> 10 -> 1 workers',
  async run(steps) {
    const group = (name: keyof typeof GROUPS) => ({
      queues: [name],
      concurrency: 1,
      scale: { min: 1, max: MOST },
      resources: WORKER,
      deletionCost: GROUPS[name],
    });
    const system = variant(NAMESPACE, {
      queues: { careful: { maxTaskSeconds: 200, limits }, blind: { maxTaskSeconds: 200, limits } },
      workers: { careful: group('careful'), blind: group('blind') },
      broker: { nodes: 1 },
    });
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    const logs = new WorkerLogs(system);
    steps.atEnd(async () => logs.stop());
    await system.withClient(async (client) => {
      const jobs = (await Promise.all(Object.keys(GROUPS).map((queue) => sendTasks(client, queue)))).flat();
      await steps.step('what the policy allows and denies', () => admission(system));
      await steps.step(`1 -> ${MOST} workers in both groups`, () =>
        until(`${MOST} workers`, 180, () => bothHave(system, MOST)).then(() => ''),
      );
      await steps.step('all tasks done', async () => {
        const values = await Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 900 })));
        const right = values.every((value) => value === LONG.seconds || value === SHORT_SECONDS);
        must(right, `values are ${values.join(', ')}`);
        return `${values.length} right values`;
      });
    });
    await steps.step(`${MOST} -> 1 workers in both groups`, () => until('1 worker', 600, () => bothHave(system, 1)).then(() => ''));
    await steps.step('logs of all removed workers read', () =>
      until('end of every removed worker', 300, async () => logs.saying('worker stopped').length >= 2 * (MOST - 1)).then(() => ''),
    );
    await compare(steps, logs);
  },
};

async function sendTasks(client: Client, queue: string): Promise<Job<number>[]> {
  const jobs: Job<number>[] = [];
  for (let task = 1; task <= TASKS; task++)
    jobs.push(await client.send(count, [task % LONG.every === 0 ? LONG.seconds : SHORT_SECONDS, 1], { queue }));
  return jobs;
}

async function bothHave(system: System, replicas: number): Promise<boolean> {
  const counts = await Promise.all(Object.keys(GROUPS).map((group) => system.workers(group)));
  return counts.every((each) => each === replicas);
}

/** A worker was busy when tasks ran in it as its drain began. */
async function compare(steps: Steps, logs: WorkerLogs): Promise<void> {
  const busy: Record<string, number> = {};
  for (const [group, has] of Object.entries(GROUPS)) {
    await steps.step(`removed workers of the group ${has ? 'with' : 'without'} deletion cost`, async () => {
      const drains = logs.saying('draining').filter(({ pod }) => pod.startsWith(`tasks-worker-${group}-`));
      busy[group] = drains.filter(({ running }) => Number(running) > 0).length;
      const finished = logs.finished().length;
      must(finished === 2 * TASKS, `${finished} tasks finished instead of ${2 * TASKS}`);
      return `${busy[group]} of ${drains.length} busy`;
    });
  }
  must((busy['careful'] ?? 0) === 0, 'busy workers were removed in spite of their deletion cost');
}

/** Requests with the worker's own token, an unbound one and one of another pod. */
async function admission(system: System): Promise<string> {
  const [own, other] = await until('two workers of one group', 180, async () => {
    const pods = await system.workerPods('careful');
    const running = pods.filter(({ status }) => status.phase === 'Running');
    return running.length >= 2 ? running.map(({ metadata }) => metadata.name) : undefined;
  });
  const bound = await system.in('exec', own ?? '', '-c', 'worker', '--', 'cat', '/etc/warren/service-account/token');
  const unbound = await system.in('create', 'token', 'tasks-worker-careful');
  const api = await apiServer();
  const patch = (token: string, pod: string | undefined, body: object, path = '', type = MERGE): Promise<ApiAnswer> =>
    ask({ ...api, token: token.trim(), namespace: NAMESPACE }, 'PATCH', `/api/v1/namespaces/${NAMESPACE}/pods/${pod}${path}`, type, body);
  const cost = { metadata: { annotations: { [DELETION_COST_ANNOTATION]: '7' } } };
  const denied: Record<string, Promise<ApiAnswer>> = {
    "another pod's annotation": patch(bound, other, cost),
    labels: patch(bound, own, { metadata: { labels: { app: 'mine' } } }),
    'another annotation': patch(bound, own, { metadata: { annotations: { other: 'x' } } }),
    finalizers: patch(bound, own, { metadata: { finalizers: ['example.com/stay'] } }),
    ownerReferences: patch(bound, own, { metadata: { ownerReferences: null } }),
    'the image': patch(bound, own, [{ op: 'replace', path: '/spec/containers/0/image', value: 'other' }], '', JSON_PATCH),
    'its status': patch(bound, own, { status: { phase: 'Failed' } }, '/status'),
    'an unbound token': patch(unbound, own, cost),
  };
  for (const [what, answer] of Object.entries(denied)) {
    const { status, text } = await answer;
    // Of the status, RBAC says it; of everything else, the policy.
    must(
      status === 403 && (what === 'its status' || messageIn(text).includes('a worker may change no')),
      `${what}: ${status} ${messageIn(text)}`,
    );
  }
  const allowed = await patch(bound, own, cost);
  must(allowed.status === 200, `its own annotation: ${allowed.status} ${messageIn(allowed.text)}`);
  return `denied: ${Object.keys(denied).join(', ')}; allowed: its own annotation`;
}

const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

/** Where kubectl finds the API server. */
async function apiServer(): Promise<{ url: string; ca?: string }> {
  const { clusters } = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  };
  const cluster = clusters[0]?.cluster;
  const ca = cluster?.['certificate-authority-data'];
  return { url: cluster?.server ?? '', ...(ca && { ca: Buffer.from(ca, 'base64').toString() }) };
}
