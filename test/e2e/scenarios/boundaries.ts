import { PRODUCER_LABEL, SHRINK_ANNOTATION } from '../../../constructs';
import { connectionsFrom } from '../connections';
import { helperPod, startPod } from '../helper-pod';
import { kubectl, refusal } from '../kubectl';
import { must, type Scenario, type Steps } from '../scenario';
import { bringUp, isReady, type System } from '../system';
import { until } from '../until';
import { variant, WORKER } from '../variant';

const NAMESPACE = 'e2e-boundaries';
/** Plays the namespace of Prometheus, and that of a producer which is listed by name. */
const OTHER = 'e2e-boundaries-other';
const BROKER = ['5672', '15672', '15692', '4369', '25672'].map((port) => `tasks-broker-0.tasks-broker-nodes.${NAMESPACE}.svc:${port}`);
const FLOWER = `tasks-flower.${NAMESPACE}.svc:5555`;

export const boundaries: Scenario = {
  name: 'boundaries',
  title: 'Shrinking refused, NetworkPolicies and Pod Security enforced',
  async run(steps) {
    const system = variant(NAMESPACE, {
      queues: { small: { maxTaskSeconds: 30 } },
      workers: { general: { queues: ['small'], scale: { min: 1, max: 2 }, resources: WORKER } },
      flower: {},
      networkPolicies: {
        prometheusNamespace: OTHER,
        producers: [{ namespace: OTHER, podLabels: { app: 'shop' } }],
        flowerClients: [{ podLabels: { app: 'browser' } }],
      },
    });
    steps.atEnd(() => steps.step('everything deleted', () => system.drop()));
    steps.atEnd(() => kubectl('delete', 'namespace', OTHER, '--ignore-not-found'));
    await bringUp(system, (what, work) => steps.step(what, work));
    steps.watch(system);
    await podSecurity(steps, system);
    await shrinking(steps);
    await network(steps, system);
  },
};

async function podSecurity(steps: Steps, system: System): Promise<void> {
  await steps.step('a privileged pod', async () => {
    const pod = helperPod({ namespace: NAMESPACE, name: 'privileged' }) as { spec: { containers: object[] } };
    const [container] = pod.spec.containers;
    pod.spec.containers = [{ ...container, securityContext: { privileged: true } }];
    const words = await refusal(JSON.stringify(pod), 'create', '-f', '-');
    must(/violates PodSecurity "restricted/.test(words), words);
    return `refused: ${words
      .split('\n')
      .find((line) => line.includes('violates'))
      ?.slice(0, 160)}`;
  });
  await steps.step('our own pods under "restricted"', async () => {
    const { metadata } = await system.get<{ metadata: { labels: Record<string, string> } }>('namespace', NAMESPACE);
    must(metadata.labels['pod-security.kubernetes.io/enforce'] === 'restricted', 'the namespace does not enforce it');
    const pods = await system.pods();
    must(pods.every(isReady), 'not all are Ready');
    return `all ${pods.length} Ready`;
  });
}

async function shrinking(steps: Steps): Promise<void> {
  const set = ['-n', NAMESPACE, 'patch', 'statefulset', 'tasks-broker', '--type=merge', '-p'];
  const isRefused = async (...args: string[]): Promise<string> => {
    const words = await refusal('', ...args);
    must(words.includes('must not shrink'), words);
    return `refused: ${/must not shrink[^:]*/.exec(words)?.[0]}`;
  };
  const scale = ['-n', NAMESPACE, 'scale', 'statefulset', 'tasks-broker'];
  await steps.step('kubectl scale to 1 and to 0', async () => {
    await isRefused(...scale, '--replicas=0');
    return isRefused(...scale, '--replicas=1');
  });
  await steps.step('kubectl patch to 1', () => isRefused(...set, '{"spec":{"replicas":1}}'));
  const annotated = (nodes: number): string[] => [
    ...set,
    JSON.stringify({ metadata: { annotations: { [SHRINK_ANNOTATION]: String(nodes) } } }),
  ];
  await steps.step('with the annotation for 2 nodes: patch to 2 (dry run) allowed, to 1 and kubectl scale not', async () => {
    await kubectl(...annotated(2));
    await kubectl(...set, '{"spec":{"replicas":2}}', '--dry-run=server');
    await isRefused(...scale, '--replicas=2');
    return isRefused(...set, '{"spec":{"replicas":1}}');
  });
}

async function network(steps: Steps, system: System): Promise<void> {
  await steps.step('pods to try connections from', async () => {
    await kubectl('create', 'namespace', OTHER);
    await Promise.all([
      startPod({ namespace: NAMESPACE, name: 'unlisted' }),
      startPod({ namespace: NAMESPACE, name: 'producer', labels: PRODUCER_LABEL }),
      startPod({ namespace: NAMESPACE, name: 'browser', labels: { app: 'browser' } }),
      startPod({ namespace: OTHER, name: 'unlisted', labels: PRODUCER_LABEL }),
      startPod({ namespace: OTHER, name: 'shop', labels: { app: 'shop' } }),
    ]);
  });
  const { status } = await system.get<{ status: { podIP: string } }>('pod', (await system.workerPods('general'))[0]?.metadata.name ?? '');
  const metrics = `${status.podIP}:8080`;
  const all = [...BROKER, FLOWER, metrics];
  const expect = (who: string, from: readonly string[], open: readonly string[], targets = all): Promise<string> =>
    steps.step(`${who}: what answers`, async () => {
      const answers = await connectionsFrom(from, targets);
      const wrong = targets.filter((target) => answers[target] !== open.includes(target));
      must(wrong.length === 0, `not as declared: ${wrong.map((each) => `${each} ${answers[each] ? 'answers' : 'does not'}`).join(', ')}`);
      return open.length === 0
        ? `none of ${targets.length}`
        : `only ${open.map((each) => each.split(':').at(-1)).join(', ')} of ${targets.length}`;
    });
  const pod = (namespace: string, name: string): string[] => ['-n', namespace, name];
  const [amqp = '', management = '', prometheus = '', epmd = '', distribution = ''] = BROKER;
  await expect('a pod of the namespace that nothing lists', pod(NAMESPACE, 'unlisted'), []);
  await expect('a pod with the label of producers', pod(NAMESPACE, 'producer'), [amqp]);
  await expect('a listed client of Flower', pod(NAMESPACE, 'browser'), [FLOWER]);
  await expect('a pod of the namespace of Prometheus, which has the label of producers', pod(OTHER, 'unlisted'), [prometheus, metrics]);
  await expect('a listed producer of another namespace', pod(OTHER, 'shop'), [amqp, prometheus, metrics]);
  await expect('a worker', pod(NAMESPACE, 'deploy/tasks-worker-general'), [amqp], [...BROKER, FLOWER]);
  await expect('Flower', pod(NAMESPACE, 'deploy/tasks-flower'), [amqp, management], [...BROKER, metrics]);
  await expect('another broker node', pod(NAMESPACE, 'tasks-broker-1'), [amqp, epmd, distribution], [...BROKER, FLOWER, metrics]);
  await steps.step('KEDA reads the queue', async () => {
    await until('ScaledObject that is Ready and not on its fallback', 60, () => isRead(system));
  });
  await steps.step('the same pod once the policies are deleted (proof that the tries can succeed)', async () => {
    await system.in('delete', 'networkpolicies', '--all');
    await until('open connections', 30, async () => {
      const answers = await connectionsFrom(pod(NAMESPACE, 'unlisted'), all);
      return all.every((target) => answers[target]);
    });
    return `all ${all.length} answer`;
  });
}

async function isRead(system: System): Promise<boolean> {
  const { status } = await system.get<{ status: { conditions: { type: string; status: string }[] } }>(
    'scaledobject',
    'tasks-worker-general',
  );
  const is = (type: string): string | undefined => status.conditions.find((each) => each.type === type)?.status;
  return is('Ready') === 'True' && is('Fallback') === 'False';
}
