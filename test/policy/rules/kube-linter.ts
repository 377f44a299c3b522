import {
  dropsNetRaw,
  noLiteral,
  noSecretVariables,
  notRootUser,
  probesDeclaredPort,
  readOnlyRoot,
  requests,
  requestsAndLimits,
  tagged,
  unprivileged,
} from '../container-facts';
import { containers, mainContainers, objectsOf, type Rule, workloads, workloadsOf } from '../rule';
import {
  existingServiceAccount,
  hostAntiAffinityIfSeveral,
  isolated,
  noHost,
  noHostPath,
  ownServiceAccount,
  selects,
} from '../workload-facts';

/** kube-linter's default checks, then those it has switched off and we keep all the same. */
export const KUBE_LINTER: readonly Rule[] = [
  { id: 'run-as-non-root', says: 'no container runs as root', check: containers(notRootUser) },
  { id: 'no-read-only-root-fs', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'drop-net-raw-capability', says: 'the capability NET_RAW is dropped', check: containers(dropsNetRaw) },
  { id: 'privileged-container', says: 'no container is privileged', check: containers(unprivileged) },
  {
    id: 'privilege-escalation-container',
    says: 'no container asks to gain privileges',
    check: containers(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== true),
  },
  { id: 'unset-cpu-requirements', says: 'CPU is requested', check: containers(requests('cpu')) },
  { id: 'unset-memory-requirements', says: 'memory is requested and limited', check: containers(requestsAndLimits('memory')) },
  { id: 'latest-tag', says: 'the image has a fixed tag', check: containers(tagged) },
  { id: 'env-var-secret', says: 'no variable named after a secret has its value here', check: containers(noLiteral(/secret/i)) },
  { id: 'no-anti-affinity', says: 'several replicas keep to different nodes', check: workloads(hostAntiAffinityIfSeveral) },
  {
    id: 'dangling-service',
    says: 'every Service selects a pod',
    check: objectsOf('Service', (service, objects) =>
      workloadsOf(objects).some((workload) => selects(service.spec.selector, workload, service)),
    ),
  },
  { id: 'liveness-port', says: 'the liveness probe asks a declared port', check: mainContainers(probesDeclaredPort('livenessProbe')) },
  { id: 'readiness-port', says: 'the readiness probe asks a declared port', check: mainContainers(probesDeclaredPort('readinessProbe')) },
  { id: 'startup-port', says: 'the startup probe asks a declared port', check: mainContainers(probesDeclaredPort('startupProbe')) },
  {
    id: 'pdb-max-unavailable',
    says: 'a PodDisruptionBudget lets a pod go',
    check: objectsOf('PodDisruptionBudget', ({ spec }) => !['0', '0%'].includes(String(spec.maxUnavailable))),
  },
  {
    id: 'pdb-min-available',
    says: 'a PodDisruptionBudget does not want every pod',
    check: objectsOf('PodDisruptionBudget', ({ spec }) => spec.minAvailable !== '100%'),
  },
  {
    id: 'pdb-unhealthy-pod-eviction-policy',
    says: 'a PodDisruptionBudget says what holds for unhealthy pods',
    check: objectsOf('PodDisruptionBudget', ({ spec }) => spec.unhealthyPodEvictionPolicy !== undefined),
  },
  { id: 'host-network', says: "the pod does not share the node's network", check: workloads(noHost('hostNetwork')) },
  { id: 'host-pid', says: "the pod does not share the node's processes", check: workloads(noHost('hostPID')) },
  { id: 'host-ipc', says: "the pod does not share the node's IPC", check: workloads(noHost('hostIPC')) },
  { id: 'docker-sock', says: "the container engine's socket is not mounted", check: workloads(noHostPath(/docker\.sock$/)) },
  {
    id: 'sensitive-host-mounts',
    says: "the node's system folders are not mounted",
    check: workloads(noHostPath(/^\/(boot|dev|etc|lib|proc|sys|usr)?$/)),
  },
  {
    id: 'ssh-port',
    says: 'no container serves SSH',
    check: containers(({ ports = [] }) => ports.every((port: any) => port.containerPort !== 22)),
  },
  { id: 'non-existent-service-account', says: 'the service account is there', check: workloads(existingServiceAccount) },

  { id: 'default-service-account', says: 'each workload has its own service account', check: workloads(ownServiceAccount) },
  { id: 'non-isolated-pod', says: 'a NetworkPolicy covers the pod', check: workloads(isolated) },
  { id: 'read-secret-from-env-var', says: 'secrets are files, not variables', check: containers(noSecretVariables) },
  {
    id: 'no-readiness-probe',
    says: 'there is a readiness probe',
    check: mainContainers(({ readinessProbe }) => readinessProbe !== undefined),
  },
].map((rule) => ({ ...rule, id: `kube-linter/${rule.id}` }));
