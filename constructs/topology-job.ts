import type { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { TOPOLOGY_ENVIRONMENT } from '../workers/environment';
import type { Broker, DefinitionsFile } from './broker';
import { caMounts, caVolumes, tlsEnvironment } from './broker-tls';
import { type BrokerUser, USERS } from './broker-users';
import type { ImageOptions } from './images';
import type { MetadataOptions } from './metadata';
import { oneOffJob } from './one-off-job';
import { labelsOf, serviceAccount } from './pod';
import { DEFINITIONS_FILE } from './rabbitmq/definitions';

export interface TopologyJobOptions {
  /**
   * Annotations of the Job, for tools that run Jobs as hooks.
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TopologyJobProps extends TopologyJobOptions {
  /** Beginning of the Job's name; a hash of what it applies follows. */
  readonly name: string;
  readonly partOf: string;
  /** The worker image: the Job is one of its commands. */
  readonly image: string;
  readonly broker: Broker;
  readonly definitionsFile: DefinitionsFile;
  readonly users: readonly BrokerUser[];
  readonly images?: ImageOptions;
  /** Labels and annotations that the task system adds to every pod. */
  readonly metadata?: MetadataOptions;
}

/** Label value of the Job's pods. */
export const TOPOLOGY_COMPONENT = 'topology';

const PATHS = { definitions: '/etc/warren/definitions', users: '/etc/warren/users' } as const;

/**
 * Brings the running broker to the declared topology. The definitions file is for a node's first boot; with this Job a new queue, limit or
 * permission restarts no node. After its clean-up an apply runs it once more, and it finds nothing to do.
 */
export class TopologyJob extends Construct {
  readonly serviceAccount: k8s.KubeServiceAccount;
  readonly job: k8s.KubeJob;

  constructor(scope: Construct, id: string, props: TopologyJobProps) {
    super(scope, id);
    const { name, partOf, image, images, broker, definitionsFile, annotations, metadata } = props;
    const labels = labelsOf(name, TOPOLOGY_COMPONENT, partOf).all;
    this.serviceAccount = serviceAccount(this, name, labels);
    this.job = oneOffJob(this, {
      name,
      labels,
      annotations,
      image,
      images,
      command: 'topology',
      env: { ...environment(broker), ...tlsEnvironment(broker.tls) },
      serviceAccountName: this.serviceAccount.name,
      content: definitionsFile.text,
      metadata,
      ...files(props),
    });
  }
}

function environment(broker: Broker): Record<(typeof TOPOLOGY_ENVIRONMENT)[keyof typeof TOPOLOGY_ENVIRONMENT], string> {
  return {
    [TOPOLOGY_ENVIRONMENT.definitions]: `${PATHS.definitions}/${DEFINITIONS_FILE}`,
    [TOPOLOGY_ENVIRONMENT.users]: PATHS.users,
    [TOPOLOGY_ENVIRONMENT.admin]: USERS.admin,
    [TOPOLOGY_ENVIRONMENT.managementUrl]: broker.managementUrl,
    [TOPOLOGY_ENVIRONMENT.nodes]: String(broker.hosts.length),
  };
}

function files({ broker, definitionsFile, users }: TopologyJobProps): { volumes: k8s.Volume[]; volumeMounts: k8s.VolumeMount[] } {
  return {
    volumes: [
      { name: 'definitions', configMap: { name: definitionsFile.configMap, items: [{ key: DEFINITIONS_FILE, path: DEFINITIONS_FILE }] } },
      ...users.map((user) => ({ name: `user-${user.name}`, secret: { secretName: broker.secretOf(user.name) } })),
      ...caVolumes(broker.tls),
    ],
    volumeMounts: [
      { name: 'definitions', mountPath: PATHS.definitions, readOnly: true },
      ...users.map((user) => ({ name: `user-${user.name}`, mountPath: `${PATHS.users}/${user.name}`, readOnly: true })),
      ...caMounts(broker.tls),
    ],
  };
}
