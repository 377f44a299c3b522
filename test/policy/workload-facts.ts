import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '../support/manifests';
import type { Workload, WorkloadFact } from './rule';

/** Facts about one workload among all objects. Each is true when the workload is as linters want it. */

export const noToken: WorkloadFact = ({ pod }) => pod.automountServiceAccountToken === false;
export const ownServiceAccount: WorkloadFact = ({ pod }) => !['', 'default', undefined].includes(pod.serviceAccountName);
export const existingServiceAccount: WorkloadFact = ({ pod, owner }, objects) =>
  !ownServiceAccount({ pod } as Workload, objects) ||
  ofKind('ServiceAccount', objects).some(({ metadata }) => metadata.name === pod.serviceAccountName && sameNamespace(metadata, owner));

export const podSeccomp: WorkloadFact = ({ pod, containers, initContainers }) =>
  pod.securityContext?.seccompProfile?.type === 'RuntimeDefault' ||
  [...initContainers, ...containers].every(({ securityContext }) => securityContext?.seccompProfile?.type === 'RuntimeDefault');
export const podSecurityContext: WorkloadFact = ({ pod }) => pod.securityContext !== undefined;
export const anySecurityContext: WorkloadFact = ({ pod, containers }) =>
  Object.keys(pod.securityContext ?? {}).length > 0 && containers.every(({ securityContext }) => securityContext !== undefined);

export const noHost =
  (field: 'hostNetwork' | 'hostPID' | 'hostIPC'): WorkloadFact =>
  ({ pod }) =>
    pod[field] !== true;
export const noHostPath =
  (path = /^/): WorkloadFact =>
  ({ pod }) =>
    (pod.volumes ?? []).every(({ hostPath }: any) => hostPath === undefined || !path.test(hostPath.path));

/** Some NetworkPolicy selects the pod in both directions, so that what is not named is refused. */
export const isolated: WorkloadFact = (workload, objects) =>
  ['Ingress', 'Egress'].every((type) => policyTypes(workload, objects).has(type));
export const someNetworkPolicy: WorkloadFact = (workload, objects) => policyTypes(workload, objects).size > 0;

export const budgeted: WorkloadFact = (workload, objects) =>
  ofKind('PodDisruptionBudget', objects).some((budget) => selects(budget.spec.selector?.matchLabels, workload, budget));
/** A budget for a single pod could only block the drain of its node. */
export const budgetedIfSeveral: WorkloadFact = (workload, objects) => isSingle(workload) || budgeted(workload, objects);

export const hostAntiAffinity: WorkloadFact = (workload) => isSingle(workload) || spreadOverHosts(workload);
/** Only where the manifest itself asks for several. */
export const hostAntiAffinityIfSeveral: WorkloadFact = (workload) => (workload.replicas ?? 1) < 2 || spreadOverHosts(workload);
export const topologySpread: WorkloadFact = ({ pod }) => (pod.topologySpreadConstraints ?? []).length > 0;

export const served: WorkloadFact = (workload, objects) =>
  ofKind('Service', objects).some((service) => selects(service.spec.selector, workload, service));
/** A pod that no Service sends traffic to needs no probes in the eyes of kube-score. */
export const probed =
  (probe: 'readinessProbe' | 'livenessProbe'): WorkloadFact =>
  (workload, objects) =>
    !served(workload, objects) || workload.containers.some((container) => container[probe]);
export const differentProbes: WorkloadFact = ({ containers }) =>
  containers.every(({ readinessProbe: ready, livenessProbe: live }) =>
    ['httpGet', 'tcpSocket', 'exec'].every((how) => !ready?.[how] || !isDeepStrictEqual(ready[how], live?.[how])),
  );

export const headless: WorkloadFact = ({ owner }, objects) =>
  ofKind('Service', objects).some(({ metadata, spec }) => metadata.name === owner.spec.serviceName && spec.clusterIP === 'None');

export function ofKind(kind: string, objects: readonly Manifest[]): Manifest[] {
  return objects.filter((object) => object.kind === kind);
}

/** Whether these labels are wanted and the workload's pods have them, in the namespace of the selecting object. */
export function selects(wanted: Readonly<Record<string, string>> | undefined, workload: Workload, by: Manifest): boolean {
  const pairs = Object.entries(wanted ?? {});
  return pairs.length > 0 && sameNamespace(by.metadata, workload.owner) && pairs.every(([key, value]) => workload.labels[key] === value);
}

/** An unset number of replicas may mean an autoscaler. */
function isSingle({ replicas }: Workload): boolean {
  return replicas !== undefined && replicas < 2;
}

function spreadOverHosts(workload: Workload): boolean {
  const { requiredDuringSchedulingIgnoredDuringExecution: required = [], preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } =
    workload.pod.affinity?.podAntiAffinity ?? {};
  return [...required, ...preferred.map((each: any) => each.podAffinityTerm)].some(
    ({ topologyKey, labelSelector }: any) =>
      topologyKey === 'kubernetes.io/hostname' && selects(labelSelector?.matchLabels, workload, workload.owner),
  );
}

/** Whether a NetworkPolicy is for these pods: an empty selector takes every pod of its namespace. */
export function covers({ metadata, spec }: Manifest, workload: Workload): boolean {
  const wanted = Object.entries(spec.podSelector?.matchLabels ?? {});
  return sameNamespace(metadata, workload.owner) && wanted.every(([key, value]) => workload.labels[key] === value);
}

/** Directions in which policies limit a pod. A policy without types is for Ingress, and for Egress when it has rules for that. */
function policyTypes(workload: Workload, objects: readonly Manifest[]): Set<string> {
  const policies = ofKind('NetworkPolicy', objects).filter((policy) => covers(policy, workload));
  return new Set(policies.flatMap(({ spec }) => spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])]));
}

function sameNamespace({ namespace }: Manifest['metadata'], { metadata }: Manifest): boolean {
  return (namespace ?? 'default') === (metadata.namespace ?? 'default');
}
