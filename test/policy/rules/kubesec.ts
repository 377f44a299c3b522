import {
  dropsAll,
  dropsSome,
  highUser,
  limits,
  noEscalation,
  nonRoot,
  notSysAdmin,
  readOnlyRoot,
  requests,
  unprivileged,
} from '../container-facts';
import { type Check, containers, type Rule, workloads } from '../rule';
import { noHost, noHostPath, noToken, ownServiceAccount } from '../workload-facts';

/** What kubesec gives points for, and what it takes points for. */
export const KUBESEC: readonly Rule[] = [
  { id: 'ReadOnlyRootFilesystem', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'RunAsNonRoot', says: 'no container runs as root', check: containers(nonRoot) },
  { id: 'RunAsUser', says: 'the user is above 10000', check: containers(highUser) },
  { id: 'CapDropAny', says: 'some capability is dropped', check: containers(dropsSome) },
  { id: 'CapDropAll', says: 'all capabilities are dropped', check: containers(dropsAll) },
  { id: 'RequestsCPU', says: 'CPU is requested', check: containers(requests('cpu')) },
  { id: 'LimitsCPU', says: 'CPU is limited', check: containers(limits('cpu')) },
  { id: 'RequestsMemory', says: 'memory is requested', check: containers(requests('memory')) },
  { id: 'LimitsMemory', says: 'memory is limited', check: containers(limits('memory')) },
  { id: 'ServiceAccountName', says: 'each workload has its own service account', check: workloads(ownServiceAccount) },
  { id: 'AutomountServiceAccountToken', says: 'no token of the Kubernetes API is mounted', check: workloads(noToken) },
  {
    id: 'VolumeClaimAccessModeReadWriteOnce',
    says: 'a volume belongs to one node',
    check: claims(({ accessModes }) => accessModes.includes('ReadWriteOnce')),
  },
  { id: 'VolumeClaimRequestsStorage', says: 'a volume has a size', check: claims(({ resources }) => resources.requests?.storage) },
  { id: 'SeccompAny', says: 'an annotation sets a seccomp profile', check: annotated(/^seccomp\.security\.alpha\.kubernetes\.io\//) },
  {
    id: 'ApparmorAny',
    says: 'an annotation sets an AppArmor profile',
    check: annotated(/^container\.apparmor\.security\.beta\.kubernetes\.io\//),
  },

  {
    id: 'AllowPrivilegeEscalation',
    says: 'no container asks to gain privileges',
    check: containers((...of) => noEscalation(...of) || of[0].securityContext?.allowPrivilegeEscalation === undefined),
  },
  { id: 'Privileged', says: 'no container is privileged', check: containers(unprivileged) },
  { id: 'CapSysAdmin', says: 'the capability SYS_ADMIN is not added', check: containers(notSysAdmin) },
  { id: 'HostNetwork', says: "the pod does not share the node's network", check: workloads(noHost('hostNetwork')) },
  { id: 'HostPID', says: "the pod does not share the node's processes", check: workloads(noHost('hostPID')) },
  { id: 'HostIPC', says: "the pod does not share the node's IPC", check: workloads(noHost('hostIPC')) },
  { id: 'DockerSock', says: "the container engine's socket is not mounted", check: workloads(noHostPath(/docker\.sock$/)) },
].map((rule) => ({ ...rule, id: `kubesec/${rule.id}` }));

/** Every volume claim of a StatefulSet must be so. */
function claims(fits: (spec: any) => unknown): Check {
  return workloads(({ owner }) => (owner.spec.volumeClaimTemplates ?? []).every(({ spec }: any) => fits(spec)), 'StatefulSet');
}

function annotated(key: RegExp): Check {
  return workloads(({ annotations }) => Object.keys(annotations).some((each) => key.test(each)));
}
