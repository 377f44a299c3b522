import { k8s } from 'cdk8s-plus-27';
import { secretName } from '../broker';
import type { BrokerUser } from '../broker-users';
import { type ImageOptions, pullPolicy, pullSecrets } from '../images';
import { EPHEMERAL_STORAGE, fieldEnv, RESTRICTED_CONTAINER, resourceRequirements, restrictedPod } from '../pod';
import { erlangEnvironment } from './erlang';
import { allPorts, guardPort, portNumber } from './listeners';
import type { ResolvedRabbitmqOptions } from './options';
import { PATHS } from './paths';
import { brokerProbes } from './probes';
import { preStop } from './shutdown';
import { DATA_VOLUME, dataVolumes, ephemeralStorage } from './storage';
import { tlsVolumes } from './tls';
import { scheduling } from '../scheduling';

export interface BrokerPodProps extends ResolvedRabbitmqOptions {
  /** Name of the StatefulSet; the headless Service is `<name>-nodes`. */
  readonly name: string;
  readonly serviceAccountName: string;
  readonly images?: ImageOptions;
  readonly users: readonly BrokerUser[];
  /** Labels that select the broker's pods. */
  readonly selector: Record<string, string>;
}

export const COOKIE_KEY = 'cookie';

/** Official image's user and group. */
const UID = 999;

export function cookieSecret(broker: string): string {
  return `${broker}-cookie`;
}

/** The pod of one RabbitMQ node. */
export function brokerPodSpec(props: BrokerPodProps): k8s.PodSpec {
  return {
    ...restrictedPod(UID, props.serviceAccountName),
    ...pullSecrets(props.images),
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds,
    initContainers: [prepareContainer(props)],
    containers: [serverContainer(props)],
    volumes: [...volumes(props), ...dataVolumes(props)],
    ...scheduling(props, props.selector, props.nodes),
  };
}

function volumes({ name, users, tls }: BrokerPodProps): k8s.Volume[] {
  return [
    { name: 'config', configMap: { name: `${name}-config` } },
    { name: 'cookie', secret: { secretName: cookieSecret(name) } },
    ...tlsVolumes(name, tls),
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

function prepareContainer({ image, images, users }: BrokerPodProps): k8s.Container {
  return {
    name: 'prepare',
    image,
    imagePullPolicy: pullPolicy(images),
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

function serverContainer(props: BrokerPodProps): k8s.Container {
  return {
    name: 'rabbitmq',
    image: props.image,
    imagePullPolicy: pullPolicy(props.images),
    command: ['/bin/bash', `${PATHS.config}/start.sh`],
    env: serverEnvironment(props),
    ports: allPorts(props.tls).map((port) => ({ name: port, containerPort: portNumber(port) })),
    ...brokerProbes(props, props.tls),
    ...(props.nodes > 1 && { lifecycle: { preStop: { exec: { command: ['/bin/bash', '-c', preStop(props)] } } } }),
    resources: resourceRequirements(props.resources, ephemeralStorage(props, EPHEMERAL_STORAGE)),
    ...RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'config', mountPath: PATHS.config, readOnly: true },
      { name: 'runtime', mountPath: PATHS.runtime },
      { name: 'home', mountPath: PATHS.home },
      { name: DATA_VOLUME, mountPath: PATHS.data },
      ...(props.tls ? [{ name: 'tls', mountPath: PATHS.tls, readOnly: true }] : []),
    ],
  };
}

function serverEnvironment(props: BrokerPodProps): k8s.EnvVar[] {
  return [
    fieldEnv('POD_NAME', 'metadata.name'),
    fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
    { name: 'STATEFUL_SET', value: props.name },
    { name: 'NODES', value: String(props.nodes) },
    { name: 'NODES_DOMAIN', value: `${props.name}-nodes.$(POD_NAMESPACE)` },
    { name: 'AMQP_PORT', value: String(guardPort(props.tls)) },
    { name: 'CONFIG_DIR', value: PATHS.config },
    { name: 'DATA_DIR', value: PATHS.data },
    { name: 'RABBITMQ_USE_LONGNAME', value: 'true' },
    { name: 'RABBITMQ_NODENAME', value: 'rabbit@$(POD_NAME).$(NODES_DOMAIN)' },
    { name: 'RABBITMQ_CONFIG_FILES', value: `${PATHS.runtime}/conf.d` },
    { name: 'RABBITMQ_ENABLED_PLUGINS_FILE', value: `${PATHS.config}/enabled_plugins` },
    ...erlangEnvironment(props),
  ];
}
