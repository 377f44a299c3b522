import {
  distinctVariables,
  highGroup,
  highUser,
  pulledAlways,
  readOnlyRoot,
  requestsAndLimits,
  tagged,
  unprivileged,
} from '../container-facts';
import { containers, objectsOf, type Rule, workloads, workloadsOf } from '../rule';
import {
  budgetedIfSeveral,
  covers,
  differentProbes,
  headless,
  hostAntiAffinity,
  isolated,
  ofKind,
  probed,
  selects,
  served,
} from '../workload-facts';

/** Default checks of kube-score; kube-score.test.ts compares them with the program. */
export const KUBE_SCORE: readonly Rule[] = [
  { id: 'container-resources', says: 'CPU and memory are requested and limited', check: containers(requestsAndLimits('cpu', 'memory')) },
  {
    id: 'container-ephemeral-storage-request-and-limit',
    says: 'ephemeral storage is requested and limited',
    check: containers(requestsAndLimits('ephemeral-storage')),
  },
  { id: 'container-image-tag', says: 'the image has a fixed tag', check: containers(tagged) },
  { id: 'container-image-pull-policy', says: 'the pull policy is Always', check: containers(pulledAlways) },
  { id: 'environment-variable-key-duplication', says: 'no variable is set twice', check: containers(distinctVariables) },
  {
    id: 'container-security-context-user-group-id',
    says: 'user and group are above 10000',
    check: containers((container, workload) => highUser(container, workload) && highGroup(container, workload)),
  },
  { id: 'container-security-context-privileged', says: 'no container is privileged', check: containers(unprivileged) },
  { id: 'container-security-context-readonlyrootfilesystem', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'pod-networkpolicy', says: 'a NetworkPolicy covers the pod in both directions', check: workloads(isolated) },
  {
    id: 'networkpolicy-targets-pod',
    says: 'every NetworkPolicy selects a pod',
    check: objectsOf('NetworkPolicy', (policy, objects) => workloadsOf(objects).some((workload) => covers(policy, workload))),
  },
  {
    id: 'pod-probes',
    says: 'a pod behind a Service has readiness and liveness probes',
    check: workloads((...pod) => probed('readinessProbe')(...pod) && probed('livenessProbe')(...pod)),
  },
  { id: 'pod-probes-identical', says: 'liveness and readiness ask different things', check: workloads(differentProbes) },
  {
    id: 'statefulset-has-poddisruptionbudget',
    says: 'a StatefulSet of several pods has a PodDisruptionBudget',
    check: workloads(budgetedIfSeveral, 'StatefulSet'),
  },
  {
    id: 'deployment-has-poddisruptionbudget',
    says: 'a Deployment of several pods has a PodDisruptionBudget',
    check: workloads(budgetedIfSeveral, 'Deployment'),
  },
  {
    id: 'poddisruptionbudget-has-policy',
    says: 'a PodDisruptionBudget says how many',
    check: objectsOf('PodDisruptionBudget', ({ spec }) => (spec.minAvailable ?? spec.maxUnavailable) !== undefined),
  },
  {
    id: 'statefulset-has-host-podantiaffinity',
    says: 'the pods of a StatefulSet keep to different nodes',
    check: workloads(hostAntiAffinity, 'StatefulSet'),
  },
  {
    id: 'deployment-has-host-podantiaffinity',
    says: 'the pods of a Deployment keep to different nodes',
    check: workloads(hostAntiAffinity, 'Deployment'),
  },
  { id: 'statefulset-has-servicename', says: 'a StatefulSet has a headless Service', check: workloads(headless, 'StatefulSet') },
  {
    id: 'deployment-replicas',
    says: 'a Deployment behind a Service has two replicas or more',
    check: workloads((workload, objects) => !served(workload, objects) || (workload.replicas ?? 1) >= 2, 'Deployment'),
  },
  {
    id: 'deployment-strategy',
    says: 'a Deployment behind a Service is updated in a rolling way',
    check: workloads(
      (workload, objects) => !served(workload, objects) || (workload.owner.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate',
      'Deployment',
    ),
  },
  {
    id: 'service-targets-pod',
    says: 'every Service selects a pod',
    check: objectsOf(
      'Service',
      (service, objects) =>
        service.spec.type === 'ExternalName' || workloadsOf(objects).some((workload) => selects(service.spec.selector, workload, service)),
    ),
  },
  { id: 'service-type', says: 'no Service opens a port of the nodes', check: objectsOf('Service', ({ spec }) => spec.type !== 'NodePort') },
  {
    id: 'deployment-targeted-by-hpa-does-not-have-replicas-configured',
    says: 'replicas are left to the autoscaler',
    // kube-score itself knows HorizontalPodAutoscalers only, not the ScaledObjects that make them.
    check: workloads(
      ({ owner, replicas }, objects) =>
        replicas === undefined ||
        [...ofKind('HorizontalPodAutoscaler', objects), ...ofKind('ScaledObject', objects)].every(
          ({ spec }) => spec.scaleTargetRef.name !== owner.metadata.name,
        ),
      'Deployment',
    ),
  },
].map((rule) => ({ ...rule, id: `kube-score/${rule.id}` }));
