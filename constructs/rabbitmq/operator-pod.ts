import { k8s } from 'cdk8s-plus-27';
import { fieldEnv, RESTRICTED_CONTAINER, resourceRequirements } from '../pod';
import { guardPort } from './listeners';
import { PATHS } from './paths';
import { type BrokerPodProps, userMounts, userVolumes } from './pod';
import { preStop } from './shutdown';

/** Name of the operator's volume with the node's data (operator, StatefulSet). */
const DATA = 'persistence';
/** The operator writes this file when the whole cluster is deleted and nobody needs to wait for a quorum. */
const DELETION_MARKER = '/etc/pod-info/skipPreStopChecks';

type OperatorPodProps = Omit<BrokerPodProps, 'selector' | 'serviceAccountName' | 'images'>;

/**
 * What the operator's pod lacks: an init container that makes the definitions with their password hashes and keeps a node with an empty
 * volume from forming a second cluster, and a bounded wait at shutdown. Lists are merged by name or mount path.
 */
export function operatorPodOverride(props: OperatorPodProps): k8s.PodSpec {
  return {
    enableServiceLinks: false,
    initContainers: [prepareContainer(props)],
    containers: [serverContainer(props)],
    volumes: [
      { name: 'warren-config', configMap: { name: `${props.name}-config` } },
      ...userVolumes(props.name, props.users),
      { name: 'warren-runtime', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('16Mi') } },
    ],
  };
}

function prepareContainer({ name, nodes, image, users, tls }: OperatorPodProps): k8s.Container {
  return {
    name: 'warren-prepare',
    image,
    command: ['/bin/bash', `${PATHS.config}/prepare.sh`],
    env: [
      fieldEnv('POD_NAME', 'metadata.name'),
      fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
      { name: 'STATEFUL_SET', value: `${name}-server` },
      { name: 'NODES', value: String(nodes) },
      { name: 'NODES_DOMAIN', value: `${name}-nodes.$(POD_NAMESPACE)` },
      { name: 'AMQP_PORT', value: String(guardPort(tls)) },
      { name: 'CONFIG_DIR', value: PATHS.config },
      { name: 'USERS_DIR', value: PATHS.users },
      { name: 'RUNTIME_DIR', value: PATHS.runtime },
      { name: 'DATA_DIR', value: PATHS.data },
      { name: 'RABBITMQ_NODENAME', value: 'rabbit@$(POD_NAME).$(NODES_DOMAIN)' },
      { name: 'RABBITMQ_CONFIG_FILES', value: `${PATHS.runtime}/conf.d` },
    ],
    resources: resourceRequirements({ cpu: '50m', memory: '64Mi' }),
    ...RESTRICTED_CONTAINER,
    volumeMounts: [
      { name: 'warren-config', mountPath: PATHS.config, readOnly: true },
      ...userMounts(users),
      { name: 'warren-runtime', mountPath: PATHS.runtime },
      { name: DATA, mountPath: PATHS.data, readOnly: true },
    ],
  };
}

function serverContainer(props: OperatorPodProps): k8s.Container {
  const command = ['/bin/bash', '-c', `[ -s ${DELETION_MARKER} ] || { ${preStop(props)}; }`];
  return {
    name: 'rabbitmq',
    ...(props.nodes > 1 && { lifecycle: { preStop: { exec: { command } } } }),
    volumeMounts: [
      { name: 'warren-runtime', mountPath: PATHS.runtime, readOnly: true },
      // After the operator's own files, whose names begin with 10, 11 and 90.
      {
        name: 'warren-runtime',
        mountPath: '/etc/rabbitmq/conf.d/95-seed.conf',
        subPath: 'conf.d/20-seed.conf',
        readOnly: true,
      },
    ],
  };
}
