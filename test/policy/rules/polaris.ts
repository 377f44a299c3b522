import {
  dropsAll,
  limits,
  noEscalation,
  noHostPort,
  noLiteral,
  nonRoot,
  notSysAdmin,
  readOnlyRoot,
  requests,
  seccomp,
  dropsSome,
  tagged,
  unprivileged,
} from '../container-facts';
import { containers, mainContainers, objectsOf, type Rule, workloads } from '../rule';
import { budgeted, isolated, noHost, noHostPath, noToken, topologySpread } from '../workload-facts';

/** Names of variables and files that polaris takes for secrets. */
const SECRET_NAME = /password|token|bearer|secret|^AWS_SECRET_ACCESS_KEY$|^GOOGLE_APPLICATION_CREDENTIALS$|^AZURE_.+KEY$/i;

/** Default checks of polaris that concern pods, budgets and ConfigMaps. */
export const POLARIS: readonly Rule[] = [
  { id: 'automountServiceAccountToken', says: 'no token of the Kubernetes API is mounted', check: workloads(noToken) },
  { id: 'runAsRootAllowed', says: 'no container runs as root', check: containers(nonRoot) },
  { id: 'runAsPrivileged', says: 'no container is privileged', check: containers(unprivileged) },
  { id: 'privilegeEscalationAllowed', says: 'privileges cannot be gained', check: containers(noEscalation) },
  { id: 'notReadOnlyRootFilesystem', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'insecureCapabilities', says: 'all capabilities are dropped', check: containers(dropsAll) },
  { id: 'dangerousCapabilities', says: 'the capability SYS_ADMIN is not added', check: containers(notSysAdmin) },
  {
    id: 'linuxHardening',
    says: 'seccomp, SELinux, AppArmor or dropped capabilities confine the container',
    check: containers((...of) => seccomp(...of) || dropsSome(...of)),
  },
  { id: 'hostNetworkSet', says: "the pod does not share the node's network", check: workloads(noHost('hostNetwork')) },
  { id: 'hostPIDSet', says: "the pod does not share the node's processes", check: workloads(noHost('hostPID')) },
  { id: 'hostIPCSet', says: "the pod does not share the node's IPC", check: workloads(noHost('hostIPC')) },
  { id: 'hostPathSet', says: 'nothing of the node is mounted', check: workloads(noHostPath()) },
  { id: 'hostPortSet', says: 'no port of the node is taken', check: containers(noHostPort) },
  { id: 'missingNetworkPolicy', says: 'a NetworkPolicy covers the pod', check: workloads(isolated) },
  { id: 'sensitiveContainerEnvVar', says: 'no variable holds a secret', check: containers(noLiteral(SECRET_NAME)) },
  {
    id: 'sensitiveConfigmapContent',
    says: 'no file of a ConfigMap is named after a secret, or is a private key',
    check: objectsOf('ConfigMap', ({ data = {} }) =>
      Object.entries(data).every(([file, text]) => !SECRET_NAME.test(file) && !/-BEGIN\s+.*PRIVATE KEY-/i.test(text)),
    ),
  },
  {
    id: 'livenessProbeMissing',
    says: 'there is a liveness probe',
    check: mainContainers(({ livenessProbe }) => livenessProbe !== undefined),
  },
  {
    id: 'readinessProbeMissing',
    says: 'there is a readiness probe',
    check: mainContainers(({ readinessProbe }) => readinessProbe !== undefined),
  },
  {
    id: 'pullPolicyNotAlways',
    says: 'the pull policy is Always',
    check: containers(({ imagePullPolicy }) => imagePullPolicy === 'Always'),
  },
  { id: 'tagNotSpecified', says: 'the image has a fixed tag', check: containers(tagged) },
  { id: 'priorityClassNotSet', says: 'the pod has a priority', check: workloads(({ pod }) => pod.priorityClassName !== undefined) },
  { id: 'cpuRequestsMissing', says: 'CPU is requested', check: containers(requests('cpu')) },
  { id: 'cpuLimitsMissing', says: 'CPU is limited', check: containers(limits('cpu')) },
  { id: 'memoryRequestsMissing', says: 'memory is requested', check: containers(requests('memory')) },
  { id: 'memoryLimitsMissing', says: 'memory is limited', check: containers(limits('memory')) },
  { id: 'missingPodDisruptionBudget', says: 'a Deployment has a PodDisruptionBudget', check: workloads(budgeted, 'Deployment') },
  {
    id: 'pdbDisruptionsIsZero',
    says: 'a PodDisruptionBudget lets a pod go',
    check: objectsOf('PodDisruptionBudget', ({ spec }) => spec.maxUnavailable !== 0 && spec.minAvailable !== '100%'),
  },
  { id: 'topologySpreadConstraint', says: 'the pods are spread over nodes or zones', check: workloads(topologySpread) },
  {
    id: 'deploymentMissingReplicas',
    says: 'a Deployment has two replicas or more',
    check: workloads(({ replicas }) => replicas === undefined || replicas >= 2, 'Deployment'),
  },
  {
    id: 'metadataAndNameMismatched',
    says: 'the label app.kubernetes.io/name is the name of the object',
    check: workloads(({ owner: { metadata } }) => metadata.labels?.['app.kubernetes.io/name'] === metadata.name),
  },
  {
    id: 'metadataAndInstanceMismatched',
    says: 'the label app.kubernetes.io/instance is the name of the object',
    check: workloads(({ owner: { metadata } }) => metadata.labels?.['app.kubernetes.io/instance'] === metadata.name),
  },
].map((rule) => ({ ...rule, id: `polaris/${rule.id}` }));
