import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type ImageOptions, pullPolicy, pullSecrets } from './images';
import type { MetadataOptions } from './metadata';
import { RESTRICTED_CONTAINER, resourceRequirements, restrictedPod } from './pod';

export interface OneOffJobProps {
  /** Beginning of the Job's name; a hash of all that it is follows. */
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The worker image; `command` is one of its commands. */
  readonly image: string;
  readonly images?: ImageOptions;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly volumes?: k8s.Volume[];
  readonly volumeMounts?: k8s.VolumeMount[];
  /** Whether the pod gets a token for the Kubernetes API. */
  readonly token?: boolean;
  /** What the Job does beside what stands in its pod: the content of mounted files. */
  readonly content?: string;
  /** Labels and annotations that the task system adds to every pod later. */
  readonly metadata?: MetadataOptions;
}

/** Over 10000, so that it is nobody on the host; the worker image runs under any number. */
const UID = 10001;
/** Long enough to be read, short enough not to pile up. */
const TTL_SECONDS = 86_400;

/**
 * A Job of the worker image that may run again at any time. A Job cannot be changed, so its name carries a hash of what it is and does:
 * applying the same manifest again changes nothing, and a changed one makes a new Job.
 */
export function oneOffJob(scope: Construct, props: OneOffJobProps): k8s.KubeJob {
  const spec = podSpec(props);
  const hash = createHash('sha256')
    .update(JSON.stringify([spec, props.labels, props.content, props.metadata]))
    .digest('hex')
    .slice(0, 10);
  return new k8s.KubeJob(scope, 'Job', {
    metadata: { name: `${props.name}-${hash}`, labels: props.labels, annotations: props.annotations },
    spec: { backoffLimit: 6, ttlSecondsAfterFinished: TTL_SECONDS, template: { metadata: { labels: props.labels }, spec } },
  });
}

function podSpec({ command, image, images, env, serviceAccountName, volumes, volumeMounts, token = false }: OneOffJobProps): k8s.PodSpec {
  return {
    ...restrictedPod(UID, serviceAccountName),
    ...pullSecrets(images),
    automountServiceAccountToken: token,
    restartPolicy: 'OnFailure',
    containers: [
      {
        name: command,
        image,
        imagePullPolicy: pullPolicy(images),
        args: [command],
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
        resources: resourceRequirements({ cpu: '50m', memory: '128Mi' }),
        ...RESTRICTED_CONTAINER,
        volumeMounts,
      },
    ],
    volumes,
  };
}
