import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** CPU and memory of one container. */
export interface Resources {
  /** Cores or millicores, requested. There is no CPU limit: throttling delays heartbeats. */
  readonly cpu: string;
  /** Requested and limit at once, so that the node never has to choose whom to kill. */
  readonly memory: string;
}

/**
 * Disk of the machine that a container may fill: its log, which the kubelet turns over at 50 MiB, and the pod's temporary folders, of
 * which the largest rendered one takes 64 MiB. A pod that uses more is evicted.
 */
export const EPHEMERAL_STORAGE = '256Mi';

export function resourceRequirements({ cpu, memory }: Resources, ephemeralStorage = EPHEMERAL_STORAGE): k8s.ResourceRequirements {
  const quantity = (text: string): k8s.Quantity => k8s.Quantity.fromString(text);
  const bounded = { memory: quantity(memory), 'ephemeral-storage': quantity(ephemeralStorage) };
  return { requests: { cpu: quantity(cpu), ...bounded }, limits: bounded };
}

/** An account of the workload's own, so that nothing granted to another one, or to the namespace's default, reaches it. */
export function serviceAccount(scope: Construct, name: string, labels: Record<string, string>): k8s.KubeServiceAccount {
  return new k8s.KubeServiceAccount(scope, 'ServiceAccount', { metadata: { name, labels }, automountServiceAccountToken: false });
}

/** Pod fields that Pod Security "restricted" asks for, and no service account token, because nothing here calls the Kubernetes API. */
export function restrictedPod(uid: number, serviceAccountName: string) {
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    // Service variables such as FLOWER_PORT=tcp://... are read as settings by Flower.
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, runAsUser: uid, runAsGroup: uid, fsGroup: uid, seccompProfile: { type: 'RuntimeDefault' } },
  } as const;
}

/** Container fields that Pod Security "restricted" asks for, with a read-only root file system. */
export const RESTRICTED_CONTAINER = {
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
} as const satisfies Partial<k8s.Container>;

/** Labels that every object of one task system carries, and nothing else of its namespace. */
export function systemLabels(partOf: string): Record<string, string> {
  return { 'app.kubernetes.io/part-of': partOf, 'app.kubernetes.io/managed-by': 'warren' };
}

/** Labels that select the pods of one component, such as those of all worker groups. */
export function componentLabels(component: string, partOf: string): Record<string, string> {
  return { 'app.kubernetes.io/component': component, ...systemLabels(partOf) };
}

/** Labels every object of one component carries; a subset selects its pods. */
export function labelsOf(name: string, component: string, partOf: string) {
  const selector = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component };
  return { selector, all: { ...selector, ...systemLabels(partOf) } };
}

/** Selects one namespace, by the label that the API server puts on each. */
export function namespaceSelector(namespace: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

/** Annotation that changes, and so rolls the pods, when one of these texts does. */
export function checksum(...texts: readonly string[]): Record<string, string> {
  return { 'warren/checksum': createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16) };
}

export function fieldEnv(name: string, fieldPath: string): k8s.EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** A pod on a lost node is replaced after this time instead of Kubernetes' 300 s; right for pods without state. */
export function tolerateLostNode(seconds: number): k8s.Toleration[] {
  return ['not-ready', 'unreachable'].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }));
}
