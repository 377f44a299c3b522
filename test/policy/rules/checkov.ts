import { idOf } from '../../support/manifests';
import {
  addsNothing,
  dropsAll,
  dropsNetRaw,
  highUser,
  limits,
  noEscalation,
  noHostPort,
  noSecretVariables,
  notRootUser,
  notSysAdmin,
  ownSecurityContext,
  pinned,
  pulledAlways,
  readOnlyRoot,
  requests,
  tagged,
  unprivileged,
} from '../container-facts';
import { type Check, containers, mainContainers, type Rule, workloads } from '../rule';
import { noHost, noHostPath, noToken, podSeccomp, podSecurityContext, someNetworkPolicy } from '../workload-facts';

/** Checks of checkov's framework `kubernetes` that can fire on our kinds of object. */
export const CHECKOV: readonly Rule[] = [
  { id: 'CKV_K8S_8', says: 'there is a liveness probe', check: mainContainers(({ livenessProbe }) => livenessProbe !== undefined) },
  { id: 'CKV_K8S_9', says: 'there is a readiness probe', check: mainContainers(({ readinessProbe }) => readinessProbe !== undefined) },
  { id: 'CKV_K8S_10', says: 'CPU is requested', check: containers(requests('cpu')) },
  { id: 'CKV_K8S_11', says: 'CPU is limited', check: containers(limits('cpu')) },
  { id: 'CKV_K8S_12', says: 'memory is requested', check: containers(requests('memory')) },
  { id: 'CKV_K8S_13', says: 'memory is limited', check: containers(limits('memory')) },
  { id: 'CKV_K8S_14', says: 'the image has a fixed tag', check: containers(tagged) },
  {
    id: 'CKV_K8S_15',
    says: 'the pull policy is Always, or the image has a digest',
    check: containers((...of) => pinned(...of) || pulledAlways(...of)),
  },
  { id: 'CKV_K8S_16', says: 'no container is privileged', check: containers(unprivileged) },
  { id: 'CKV_K8S_17', says: "the pod does not share the node's processes", check: workloads(noHost('hostPID')) },
  { id: 'CKV_K8S_18', says: "the pod does not share the node's IPC", check: workloads(noHost('hostIPC')) },
  { id: 'CKV_K8S_19', says: "the pod does not share the node's network", check: workloads(noHost('hostNetwork')) },
  { id: 'CKV_K8S_20', says: 'privileges cannot be gained', check: containers(noEscalation) },
  { id: 'CKV_K8S_21', says: 'nothing is in the namespace default', check: outsideDefault() },
  { id: 'CKV_K8S_22', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'CKV_K8S_23', says: 'no container runs as root', check: onceEach(mainContainers(notRootUser)) },
  { id: 'CKV_K8S_25', says: 'no capability is added', check: containers(addsNothing) },
  { id: 'CKV_K8S_26', says: 'no port of the node is taken', check: containers(noHostPort) },
  { id: 'CKV_K8S_27', says: "the container engine's socket is not mounted", check: workloads(noHostPath(/docker\.sock$/)) },
  { id: 'CKV_K8S_28', says: 'the capability NET_RAW is dropped', check: containers(dropsNetRaw) },
  { id: 'CKV_K8S_29', says: 'the pod has a security context', check: workloads(podSecurityContext) },
  { id: 'CKV_K8S_30', says: 'every container has a security context', check: containers(ownSecurityContext) },
  { id: 'CKV_K8S_31', says: 'the seccomp profile is RuntimeDefault', check: workloads(podSeccomp) },
  { id: 'CKV_K8S_35', says: 'secrets are files, not variables', check: containers(noSecretVariables) },
  { id: 'CKV_K8S_37', says: 'all capabilities are dropped', check: containers(dropsAll) },
  { id: 'CKV_K8S_38', says: 'no token of the Kubernetes API is mounted', check: workloads(noToken) },
  { id: 'CKV_K8S_39', says: 'the capability SYS_ADMIN is not added', check: containers(notSysAdmin) },
  { id: 'CKV_K8S_40', says: 'the user is above 10000', check: onceEach(mainContainers(highUser)) },
  { id: 'CKV_K8S_43', says: 'the image has a digest', check: containers(pinned) },
  { id: 'CKV2_K8S_6', says: 'a NetworkPolicy covers the pod', check: workloads(someNetworkPolicy) },
];

/** checkov looks at users in the pod as a whole. */
function onceEach(check: Check): Check {
  return (objects) => [...new Map(check(objects).map((problem) => [problem.object, problem])).values()];
}

/** Kinds of ours that checkov asks this of. */
const NAMESPACED = ['Deployment', 'StatefulSet', 'Service', 'ServiceAccount', 'ConfigMap', 'Secret', 'Role', 'RoleBinding', 'Ingress'];

function outsideDefault(): Check {
  return (objects) =>
    objects
      .filter(({ kind, metadata }) => NAMESPACED.includes(kind) && (metadata.namespace ?? 'default') === 'default')
      .map((object) => ({ object: idOf(object), detail: '' }));
}
