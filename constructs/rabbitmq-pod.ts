import { k8s } from 'cdk8s-plus-27';
import { secretName } from './broker';
import type { BrokerUser } from './broker-users';
import { fieldEnv, RESTRICTED_CONTAINER, resourceRequirements, restrictedPod, type Resources } from './pod';
import { PATHS, PORTS } from './rabbitmq-config';

export interface BrokerPodProps {
  /** Name of the StatefulSet; the headless Service is `<name>-nodes`. */
  readonly name: string;
  readonly nodes: number;
  readonly image: string;
  readonly resources: Resources;
  readonly users: readonly BrokerUser[];
  /** Labels that select the broker's pods. */
  readonly selector: Record<string, string>;
}

export const COOKIE_KEY = 'cookie';
/** Name of the volume claim template. */
export const DATA_VOLUME = 'data';

/** Official image's user and group. */
const UID = 999;
/** Seconds the quorum check may hold up a shutdown, and the drain after it (RabbitMQ documentation, upgrades). */
const QUORUM_WAIT = 120;
const DRAIN = 30;
/** Seconds a node of a cluster gets to stop: both waits, and a minute for the server itself. */
export const GRACE_PERIOD = QUORUM_WAIT + DRAIN + 60;

export function cookieSecret(broker: string): string {
  return `${broker}-cookie`;
}

/** The pod of one RabbitMQ node. */
export function brokerPodSpec(props: BrokerPodProps): k8s.PodSpec {
  const clustered = props.nodes > 1;
  return {
    ...restrictedPod(UID),
    terminationGracePeriodSeconds: clustered ? GRACE_PERIOD : 60,
    initContainers: [prepareContainer(props)],
    containers: [serverContainer(props)],
    volumes: volumes(props),
    ...(clustered && { affinity: antiAffinity(props), topologySpreadConstraints: [zoneSpread(props)] }),
  };
}

function volumes({ name, users }: BrokerPodProps): k8s.Volume[] {
  return [
    { name: 'config', configMap: { name: `${name}-config` } },
    { name: 'cookie', secret: { secretName: cookieSecret(name) } },
    ...userVolumes(name, users),
    { name: 'runtime', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('16Mi') } },
    { name: 'home', emptyDir: { sizeLimit: k8s.Quantity.fromString('64Mi') } },
  ];
}

/** The Secrets of all users, for the init container that makes hashes of their passwords. */
export function userVolumes(name: string, users: readonly BrokerUser[]): k8s.Volume[] {
  return users.map((user) => ({ name: `user-${user.name}`, secret: { secretName: secretName(name, user.name) } }));
}

export function userMounts(users: readonly BrokerUser[]): k8s.VolumeMount[] {
  return users.map((user) => ({ name: `user-${user.name}`, mountPath: `${PATHS.users}/${user.name}`, readOnly: true }));
}

function prepareContainer({ image, users }: BrokerPodProps): k8s.Container {
  return {
    name: 'prepare',
    image,
    command: ['/bin/bash', `${PATHS.config}/prepare.sh`],
    env: [
      { name: 'CONFIG_DIR', value: PATHS.config },
      { name: 'USERS_DIR', value: PATHS.users },
      { name: 'RUNTIME_DIR', value: PATHS.runtime },
      { name: 'COOKIE_FILE', value: `${PATHS.cookie}/${COOKIE_KEY}` },
      { name: 'BROKER_HOME', value: PATHS.home },
    ],
    resources: resourceRequirements({ cpu: '50m', memory: '64Mi' }),
    ...RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'config', mountPath: PATHS.config, readOnly: true },
      { name: 'cookie', mountPath: PATHS.cookie, readOnly: true },
      ...userMounts(users),
      { name: 'runtime', mountPath: PATHS.runtime },
      { name: 'home', mountPath: PATHS.home },
    ],
  };
}

function serverContainer({ name, nodes, image, resources }: BrokerPodProps): k8s.Container {
  const complete = { path: '/api/health/checks/reached-target-cluster-size', port: k8s.IntOrString.fromString('management') };
  return {
    name: 'rabbitmq',
    image,
    command: ['/bin/bash', `${PATHS.config}/start.sh`],
    env: [
      fieldEnv('POD_NAME', 'metadata.name'),
      fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
      { name: 'STATEFUL_SET', value: name },
      { name: 'NODES', value: String(nodes) },
      { name: 'NODES_DOMAIN', value: `${name}-nodes.$(POD_NAMESPACE)` },
      { name: 'AMQP_PORT', value: String(PORTS.amqp) },
      { name: 'CONFIG_DIR', value: PATHS.config },
      { name: 'DATA_DIR', value: PATHS.data },
      { name: 'RABBITMQ_USE_LONGNAME', value: 'true' },
      { name: 'RABBITMQ_NODENAME', value: 'rabbit@$(POD_NAME).$(NODES_DOMAIN)' },
      { name: 'RABBITMQ_CONFIG_FILES', value: `${PATHS.runtime}/conf.d` },
      { name: 'RABBITMQ_ENABLED_PLUGINS_FILE', value: `${PATHS.config}/enabled_plugins` },
    ],
    ports: Object.entries(PORTS).map(([portName, containerPort]) => ({ name: portName, containerPort })),
    // A node that formed a cluster of its own never reaches the target size, so it never becomes ready. There is no liveness probe:
    // a node in maintenance closes its ports and must not be killed for it (RabbitMQ documentation, monitoring).
    startupProbe: { httpGet: complete, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
    readinessProbe: { tcpSocket: { port: k8s.IntOrString.fromString('amqp') }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    ...(nodes > 1 && { lifecycle: { preStop: { exec: { command: ['/bin/bash', '-c', preStop()] } } } }),
    resources: resourceRequirements(resources),
    ...RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'config', mountPath: PATHS.config, readOnly: true },
      { name: 'runtime', mountPath: PATHS.runtime },
      { name: 'home', mountPath: PATHS.home },
      { name: DATA_VOLUME, mountPath: PATHS.data },
    ],
  };
}

/** Waits until the others can do without this node, then hands over; bounded, because a preStop cannot veto anyway. */
export function preStop(): string {
  return `rabbitmq-upgrade await_online_quorum_plus_one -t ${QUORUM_WAIT}; rabbitmq-upgrade drain -t ${DRAIN}`;
}

export function antiAffinity({ selector }: Pick<BrokerPodProps, 'selector'>): k8s.Affinity {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: selector } };
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}

function zoneSpread({ selector }: BrokerPodProps): k8s.TopologySpreadConstraint {
  return {
    topologyKey: 'topology.kubernetes.io/zone',
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  };
}
