import { EPHEMERAL, EVERY_OPTION, TLS_ONLY } from '../support/every-option';
import { RabbitmqOperatorCluster } from '../../constructs';
import { operatorObjects } from '../support/cluster-operator';
import { ENVIRONMENTS, idOf, loadEnvironment, type Manifest, podTemplateOf, renderTasks } from '../support/manifests';

/** Kinds of volume that the Pod Security Standard "restricted" allows. */
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** What the admission plugin would refuse in a pod (kubernetes/pod-security-admission, policy "restricted", up to 1.35). */
function podSecurityProblems(pod: any): string[] {
  const containers = [...(pod.initContainers ?? []), ...pod.containers, ...(pod.ephemeralContainers ?? [])];
  const refused = (fits: boolean, problem: string) => (fits ? [] : [problem]);
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) => refused(!pod[field], field)),
    ...(pod.volumes ?? []).flatMap((volume: any) =>
      Object.keys(volume).flatMap((kind) => refused(kind === 'name' || VOLUMES.includes(kind), `volume ${volume.name} is a ${kind}`)),
    ),
    ...refused((pod.securityContext?.sysctls ?? []).length === 0, 'sysctls'),
    ...refused(pod.securityContext?.runAsUser !== 0, 'pod runs as root'),
    ...containers.flatMap((container: any) => {
      const security = container.securityContext ?? {};
      const seccomp = (security.seccompProfile ?? pod.securityContext?.seccompProfile)?.type;
      const handlers = [
        container.startupProbe,
        container.readinessProbe,
        container.livenessProbe,
        container.lifecycle?.preStop,
        container.lifecycle?.postStart,
      ];
      return [
        ...refused(security.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation'),
        ...refused(!security.privileged, 'privileged'),
        ...refused(security.capabilities?.drop?.includes('ALL'), 'capabilities.drop'),
        ...refused(
          (security.capabilities?.add ?? []).every((name: string) => name === 'NET_BIND_SERVICE'),
          'capabilities.add',
        ),
        ...refused(SECCOMP.includes(seccomp), 'seccompProfile'),
        ...refused((security.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true, 'runAsNonRoot'),
        ...refused(security.runAsUser !== 0, 'runAsUser'),
        ...refused(['Default', undefined].includes(security.procMount), 'procMount'),
        ...refused(security.seLinuxOptions === undefined && security.windowsOptions === undefined, 'seLinuxOptions'),
        ...refused(
          (container.ports ?? []).every((port: any) => !port.hostPort),
          'hostPort',
        ),
        ...refused(
          handlers.every((handler) => !(handler?.httpGet ?? handler?.tcpSocket)?.host),
          'host of a probe',
        ),
      ].map((problem) => `${container.name}: ${problem}`);
    }),
  ];
}

/** What we promise beyond the standard. */
function hardeningProblems(pod: any): string[] {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  return [
    ...(pod.automountServiceAccountToken === false ? [] : ['mounts a token of the Kubernetes API']),
    ...(pod.enableServiceLinks === false ? [] : ['gets variables of other Services']),
    ...containers
      .filter((each: any) => each.securityContext?.readOnlyRootFilesystem !== true)
      .map((each: any) => `${each.name}: writable root file system`),
    ...containers
      .filter((each: any) => each.resources?.limits?.memory !== each.resources?.requests?.memory)
      .map((each: any) => `${each.name}: memory limit`),
    ...containers
      .filter((each: any) => !each.resources?.requests?.cpu || !each.resources.requests.memory)
      .map((each: any) => `${each.name}: no requests`),
    ...containers
      .filter((each: any) => !each.resources?.limits?.['ephemeral-storage'] || !each.resources.requests?.['ephemeral-storage'])
      .map((each: any) => `${each.name}: unbounded disk`),
    ...(pod.serviceAccountName ? [] : ["runs under the namespace's default account"]),
    ...(pod.volumes ?? [])
      .filter((each: any) => each.emptyDir && !each.emptyDir.sizeLimit)
      .map((each: any) => `${each.name}: unbounded emptyDir`),
  ];
}

const podsOf = (objects: Manifest[]): [id: string, pod: any][] =>
  objects.flatMap((object): [string, any][] => (podTemplateOf(object)?.spec ? [[idOf(object), podTemplateOf(object).spec]] : []));

describe.each(ENVIRONMENTS)('pods of %s', (environment) => {
  const pods = podsOf(loadEnvironment(environment));

  test('are all looked at', () =>
    expect(pods.map(([id]) => id.replace(/-[0-9a-f]{10}$/, '')).filter((id) => id !== 'Job/tasks-secrets')).toEqual([
      'StatefulSet/tasks-broker',
      'Job/tasks-topology',
      'Deployment/tasks-flower',
      'Deployment/tasks-worker-general',
      'Deployment/tasks-worker-heavy',
    ]));

  test.each(pods)('%s passes Pod Security "restricted"', (_, pod) => expect(podSecurityProblems(pod)).toEqual([]));

  test.each(pods)('%s has no token, no writable image and bounded memory', (id, pod) => {
    // This one talks to the Kubernetes API: it creates Secrets, and may do nothing else.
    const needsToken = id.startsWith('Job/tasks-secrets-');
    expect(hardeningProblems(pod)).toEqual(needsToken ? ['mounts a token of the Kubernetes API'] : []);
  });
});

describe.each([
  ['every option', EVERY_OPTION],
  ['a node without a volume claim', EPHEMERAL],
  ['TLS and no plain port', TLS_ONLY],
])('pods with %s', (_, props) => {
  test.each(podsOf(renderTasks(props)))('%s pass as well', (_, pod) =>
    expect([...podSecurityProblems(pod), ...hardeningProblems(pod)]).toEqual([]),
  );
});

test('our changes to the pods of the cluster operator pass Pod Security "restricted"', () => {
  const [cluster] = renderTasks({ broker: RabbitmqOperatorCluster.of() }).filter(({ kind }) => kind === 'RabbitmqCluster');
  const pods = podsOf(cluster ? operatorObjects(cluster) : []);
  expect(pods.map(([id]) => id)).toEqual(['StatefulSet/tasks-broker-server']);
  expect(pods.flatMap(([, pod]) => podSecurityProblems(pod))).toEqual([]);
});

describe('podSecurityProblems', () => {
  const broken = (change: (pod: any, container: any) => unknown) => {
    const [[, pod] = ['', undefined]] = podsOf(renderTasks());
    const copy = structuredClone(pod);
    change(copy, copy.containers[0]);
    return [...podSecurityProblems(copy), ...hardeningProblems(copy)];
  };

  test.each<[string, (pod: any, container: any) => unknown]>([
    ['hostNetwork', (pod) => (pod.hostNetwork = true)],
    ['volume host is a hostPath', (pod) => pod.volumes.push({ name: 'host', hostPath: { path: '/' } })],
    ['sysctls', (pod) => (pod.securityContext.sysctls = [{ name: 'kernel.msgmax', value: '1' }])],
    ['pod runs as root', (pod) => (pod.securityContext.runAsUser = 0)],
    ['rabbitmq: runAsNonRoot', (pod) => delete pod.securityContext.runAsNonRoot],
    ['rabbitmq: allowPrivilegeEscalation', (_, container) => delete container.securityContext.allowPrivilegeEscalation],
    ['rabbitmq: privileged', (_, container) => (container.securityContext.privileged = true)],
    ['rabbitmq: capabilities.drop', (_, container) => (container.securityContext.capabilities.drop = ['NET_RAW'])],
    ['rabbitmq: capabilities.add', (_, container) => (container.securityContext.capabilities.add = ['SYS_ADMIN'])],
    ['rabbitmq: seccompProfile', (_, container) => (container.securityContext.seccompProfile.type = 'Unconfined')],
    ['rabbitmq: runAsUser', (_, container) => (container.securityContext.runAsUser = 0)],
    ['rabbitmq: procMount', (_, container) => (container.securityContext.procMount = 'Unmasked')],
    ['rabbitmq: hostPort', (_, container) => (container.ports[0].hostPort = 5672)],
    ['rabbitmq: host of a probe', (_, container) => (container.readinessProbe.tcpSocket.host = '127.0.0.1')],
    ['prepare: allowPrivilegeEscalation', (pod) => delete pod.initContainers[0].securityContext.allowPrivilegeEscalation],
    ['mounts a token of the Kubernetes API', (pod) => delete pod.automountServiceAccountToken],
    ['gets variables of other Services', (pod) => delete pod.enableServiceLinks],
    ['rabbitmq: writable root file system', (_, container) => delete container.securityContext.readOnlyRootFilesystem],
    ['rabbitmq: memory limit', (_, container) => (container.resources.limits.memory = '9Gi')],
    ['rabbitmq: unbounded disk', (_, container) => delete container.resources.limits['ephemeral-storage']],
    ["runs under the namespace's default account", (pod) => delete pod.serviceAccountName],
    ['rabbitmq: no requests', (_, container) => delete container.resources.requests.cpu],
    ['home: unbounded emptyDir', (pod) => delete pod.volumes.find((volume: any) => volume.name === 'home').emptyDir.sizeLimit],
  ])('finds "%s"', (problem, change) => expect(broken(change)).toContain(problem));

  test('finds nothing in the pod that was not changed', () => expect(broken(() => undefined)).toEqual([]));
});
