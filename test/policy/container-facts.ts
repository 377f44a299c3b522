import type { ContainerFact } from './rule';

/** Facts about one container that several linters ask for. Each is true when the container is as they want it. */

/** Users and groups below may exist on the node. */
const LOWEST_ID = 10_000;

export const readOnlyRoot: ContainerFact = ({ securityContext }) => securityContext?.readOnlyRootFilesystem === true;
export const noEscalation: ContainerFact = ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false;
export const unprivileged: ContainerFact = ({ securityContext }) => securityContext?.privileged !== true;
export const ownSecurityContext: ContainerFact = ({ securityContext }) => securityContext !== undefined;

export const dropsSome: ContainerFact = (container) => dropped(container).length > 0;
export const dropsAll: ContainerFact = (container) => dropped(container).includes('ALL');
export const dropsNetRaw: ContainerFact = (container) => dropped(container).some((name) => name === 'ALL' || name === 'NET_RAW');
export const addsNothing: ContainerFact = ({ securityContext }) => (securityContext?.capabilities?.add ?? []).length === 0;
export const notSysAdmin: ContainerFact = ({ securityContext }) => !(securityContext?.capabilities?.add ?? []).includes('SYS_ADMIN');

export const nonRoot: ContainerFact = ({ securityContext }, { pod }) =>
  (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true;
export const notRootUser: ContainerFact = (container, workload) =>
  nonRoot(container, workload) || setting(container, workload, 'runAsUser') > 0;
export const highUser: ContainerFact = (container, workload) => setting(container, workload, 'runAsUser') >= LOWEST_ID;
export const highGroup: ContainerFact = (container, workload) => setting(container, workload, 'runAsGroup') >= LOWEST_ID;
export const notRootGroup: ContainerFact = (container, workload) => setting(container, workload, 'runAsGroup') > 0;

export const ownSeccomp: ContainerFact = ({ securityContext }) => securityContext?.seccompProfile?.type === 'RuntimeDefault';
export const seccomp: ContainerFact = (container, workload) =>
  ownSeccomp(container, workload) || workload.pod.securityContext?.seccompProfile?.type === 'RuntimeDefault';

/** Whether a resource is requested, limited, or both. */
export const requests =
  (resource: string): ContainerFact =>
  ({ resources }) =>
    resources?.requests?.[resource] !== undefined;
export const limits =
  (resource: string): ContainerFact =>
  ({ resources }) =>
    resources?.limits?.[resource] !== undefined;
export const requestsAndLimits =
  (...names: readonly string[]): ContainerFact =>
  (container, workload) =>
    names.every((name) => requests(name)(container, workload) && limits(name)(container, workload));

export const tagged: ContainerFact = ({ image }) => image.includes('@') || !['', 'latest'].includes(tagOf(image));
export const pinned: ContainerFact = ({ image }) => image.includes('@');
/** Kubernetes' own default counts: it is `Always` for images without a fixed tag. */
export const pulledAlways: ContainerFact = ({ image, imagePullPolicy }) =>
  (imagePullPolicy ?? (['', 'latest'].includes(tagOf(image)) ? 'Always' : 'IfNotPresent')) === 'Always';

/** Secrets belong in files: variables are inherited, dumped and logged. */
export const noSecretVariables: ContainerFact = ({ env = [], envFrom = [] }) =>
  env.every((each: any) => !each.valueFrom?.secretKeyRef) && envFrom.every((each: any) => !each.secretRef);
/** No variable of such a name holds its value in the manifest. */
export const noLiteral =
  (name: RegExp): ContainerFact =>
  ({ env = [] }) =>
    env.every((each: any) => !(name.test(each.name) && each.value));
export const distinctVariables: ContainerFact = ({ env = [] }) => new Set(env.map((each: any) => each.name)).size === env.length;

export const noHostPort: ContainerFact = ({ ports = [] }) => ports.every((port: any) => port.hostPort === undefined);
export const portAbove =
  (lowest: number): ContainerFact =>
  ({ ports = [] }) =>
    ports.every((port: any) => port.containerPort > lowest);
/** The port a probe asks is one the container declares. */
export const probesDeclaredPort =
  (probe: 'livenessProbe' | 'readinessProbe' | 'startupProbe'): ContainerFact =>
  (container) => {
    const asked = (container[probe]?.httpGet ?? container[probe]?.tcpSocket)?.port;
    return asked === undefined || (container.ports ?? []).some((port: any) => port.name === asked || port.containerPort === asked);
  };

function dropped({ securityContext }: any): readonly string[] {
  return securityContext?.capabilities?.drop ?? [];
}

/** A number of the container, or else of its pod; none is less than every other. */
function setting(container: any, { pod }: Parameters<ContainerFact>[1], name: string): number {
  return container.securityContext?.[name] ?? pod.securityContext?.[name] ?? Number.NEGATIVE_INFINITY;
}

/** Text after the colon of the last part, so that the port of a registry is not taken for a tag. */
function tagOf(image: string): string {
  return image.split('/').at(-1)?.split(':')[1] ?? '';
}
