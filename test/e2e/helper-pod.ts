import { k8s } from 'cdk8s-plus-27';
import { RESTRICTED_CONTAINER, resourceRequirements } from '../../constructs/pod';
import { kubectl, kubectlWithInput } from './kubectl';
import { IMAGE } from './image';
import { isReady, type Pod } from './system';
import { until } from './until';

export interface HelperPodOptions {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What Node.js is given. @default - waits for ever */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

const WAIT = ['-e', 'setInterval(() => undefined, 1000)'];

/** A pod of the worker image that Pod Security "restricted" admits, for what a scenario does inside the cluster. */
export function helperPod({
  namespace,
  name,
  labels = {},
  args = WAIT,
  env = {},
  volumes = [],
  volumeMounts = [],
}: HelperPodOptions): object {
  const resources = k8s.toJson_ResourceRequirements(resourceRequirements({ cpu: '20m', memory: '128Mi' }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', ...args],
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          resources,
          ...RESTRICTED_CONTAINER,
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...volumeMounts],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
    },
  };
}

export async function startPod(options: HelperPodOptions): Promise<void> {
  const { namespace, name } = options;
  await kubectlWithInput(JSON.stringify(helperPod(options)), 'apply', '-f', '-');
  const isUp = async (): Promise<boolean> => {
    const pod = JSON.parse(await kubectl('-n', namespace, 'get', 'pod', name, '-o', 'json')) as Pod;
    if (pod.status.phase === 'Failed') throw new Error(`pod ${name} failed: ${await kubectl('-n', namespace, 'logs', name)}`);
    return isReady(pod);
  };
  await until(`pod ${name} that is Ready`, 60, isUp);
}
