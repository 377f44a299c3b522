import type { Manifest } from '../../support/manifests';
import {
  dropsAll,
  dropsSome,
  highGroup,
  highUser,
  limits,
  noEscalation,
  noHostPort,
  nonRoot,
  notRootGroup,
  notSysAdmin,
  ownSeccomp,
  portAbove,
  readOnlyRoot,
  requests,
  seccomp,
  tagged,
  unprivileged,
} from '../container-facts';
import { type Check, containers, objectsOf, type Rule, workloads } from '../rule';
import { anySecurityContext, noHost, noHostPath, noToken } from '../workload-facts';

/** Names of secrets with a value after them, as trivy finds them in ConfigMaps; a key is found without one, too. */
const SECRET_NAMES =
  'password|pw|pass|pword|passphrase|passwrd|passwd|secret|secretkey|appSecret|clientSecret|aws_access_key_id|pswrd|token|pwd';
const PERSONAL_NAMES = 'username|email|key|phone|iban';
/** Also matches `rabbit@broker-0.broker.svc`: the reason why no node of RabbitMQ is named in a ConfigMap. */
const ADDRESS = /[\w.-]+@([a-z\d-]+\.)+[a-z]{2,4}/i;

/** trivy's checks of Kubernetes manifests, without those about roles, which nothing here has. */
export const TRIVY: readonly Rule[] = [
  { id: 'KSV-0001', says: 'privileges cannot be gained', check: containers(noEscalation) },
  { id: 'KSV-0003', says: 'the default capabilities are dropped', check: containers(dropsAll) },
  { id: 'KSV-0004', says: 'some capability is dropped', check: containers(dropsSome) },
  { id: 'KSV-0005', says: 'the capability SYS_ADMIN is not added', check: containers(notSysAdmin) },
  { id: 'KSV-0008', says: "the pod does not share the node's IPC", check: workloads(noHost('hostIPC')) },
  { id: 'KSV-0009', says: "the pod does not share the node's network", check: workloads(noHost('hostNetwork')) },
  { id: 'KSV-0010', says: "the pod does not share the node's processes", check: workloads(noHost('hostPID')) },
  { id: 'KSV-0011', says: 'CPU is limited', check: containers(limits('cpu')) },
  { id: 'KSV-0012', says: 'no container runs as root', check: containers(nonRoot) },
  { id: 'KSV-0013', says: 'the image has a fixed tag', check: containers(tagged) },
  { id: 'KSV-0014', says: 'the root file system is read-only', check: containers(readOnlyRoot) },
  { id: 'KSV-0015', says: 'CPU is requested', check: containers(requests('cpu')) },
  { id: 'KSV-0016', says: 'memory is requested', check: containers(requests('memory')) },
  { id: 'KSV-0017', says: 'no container is privileged', check: containers(unprivileged) },
  { id: 'KSV-0018', says: 'memory is limited', check: containers(limits('memory')) },
  { id: 'KSV-0020', says: 'the user is above 10000', check: containers(highUser) },
  { id: 'KSV-0021', says: 'the group is above 10000', check: containers(highGroup) },
  { id: 'KSV-0023', says: 'nothing of the node is mounted', check: workloads(noHostPath()) },
  { id: 'KSV-0024', says: 'no port of the node is taken', check: containers(noHostPort) },
  { id: 'KSV-0030', says: 'every container itself sets the seccomp profile RuntimeDefault', check: containers(ownSeccomp) },
  { id: 'KSV-0034', says: 'images come from a private registry', check: containers(({ image }) => !isPublic(image)) },
  { id: 'KSV-0036', says: 'no token of the Kubernetes API is mounted', check: workloads(noToken) },
  {
    id: 'KSV-0038',
    says: 'a NetworkPolicy selects pods',
    check: objectsOf('NetworkPolicy', ({ spec }) => spec.podSelector !== undefined),
  },
  { id: 'KSV-0104', says: 'seccomp is not off', check: containers(seccomp) },
  { id: 'KSV-0106', says: 'all capabilities are dropped, and NET_BIND_SERVICE at most is added', check: containers(dropsAll) },
  { id: 'KSV-0109', says: 'no ConfigMap holds a secret', check: configMaps(new RegExp(`(${SECRET_NAMES})\\s*[=:]`, 'i'), SECRET_NAMES) },
  {
    id: 'KSV-01010',
    says: 'no ConfigMap holds a name, an address or a key',
    check: configMaps(new RegExp(`((${PERSONAL_NAMES})\\s*[=:])|SHA1|MD5|${ADDRESS.source}`, 'i'), PERSONAL_NAMES),
  },
  { id: 'KSV-0110', says: 'nothing is in the namespace default', check: workloads(({ owner }) => owner.metadata.namespace !== undefined) },
  { id: 'KSV-0116', says: 'no container runs with the root group', check: containers(notRootGroup) },
  { id: 'KSV-0117', says: 'no port below 1024 is served', check: containers(portAbove(1024)) },
  { id: 'KSV-0118', says: 'pods and containers have a security context', check: workloads(anySecurityContext) },
];

/** Looks through every line of every file, and at the names of the files. */
function configMaps(line: RegExp, names: string): Check {
  const name = new RegExp(names, 'i');
  return (objects: readonly Manifest[]) =>
    objects
      .filter(({ kind }) => kind === 'ConfigMap')
      .flatMap(({ metadata, data = {} }) =>
        Object.entries(data).flatMap(([file, text]) => [
          ...(name.test(file) ? [{ object: `ConfigMap/${metadata.name}`, detail: `file ${file}` }] : []),
          ...text
            .split('\n')
            .filter((each) => line.test(each))
            .map((each) => ({ object: `ConfigMap/${metadata.name}`, detail: `${file}: ${each.trim()}` })),
        ]),
      );
}

/** An image without the name of a registry comes from Docker Hub. */
function isPublic(image: string): boolean {
  const [registry = ''] = image.split('/');
  return !image.includes('/') || !registry.includes('.') || ['docker.io', 'ghcr.io'].includes(registry);
}
