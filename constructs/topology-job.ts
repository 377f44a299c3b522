import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { TOPOLOGY_ENVIRONMENT } from '../workers/environment';
import type { Broker } from './broker';
import { type BrokerUser, USERS } from './broker-users';
import { labelsOf, RESTRICTED_CONTAINER, resourceRequirements, restrictedPod } from './pod';
import { DEFINITIONS_FILE } from './rabbitmq-definitions';

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
  readonly users: readonly BrokerUser[];
}

/** Label value of the Job's pods. */
export const TOPOLOGY_COMPONENT = 'topology';

const PATHS = { definitions: '/etc/warren/definitions', users: '/etc/warren/users' } as const;
const UID = 10001;
/** Long enough to be read, short enough not to pile up: a finished Job says what was left over. */
const TTL_SECONDS = 86_400;

/**
 * Brings the running broker to the declared topology. The definitions file is for a node's first boot; with this Job a new queue, limit or
 * permission restarts no node. A Job cannot be changed, so its name carries a hash of what it applies: applying the same manifest again
 * changes nothing, and after its clean-up it runs once more and finds nothing to do.
 */
export class TopologyJob extends Construct {
  readonly job: k8s.KubeJob;

  constructor(scope: Construct, id: string, props: TopologyJobProps) {
    super(scope, id);
    const labels = labelsOf(props.name, TOPOLOGY_COMPONENT, props.partOf).all;
    const podSpec = this.renderPod(props);
    const hash = createHash('sha256')
      .update(JSON.stringify([props.broker.definitions, props.image, podSpec]))
      .digest('hex')
      .slice(0, 10);
    this.job = new k8s.KubeJob(this, 'Job', {
      metadata: { name: `${props.name}-${hash}`, labels, annotations: props.annotations },
      spec: {
        backoffLimit: 6,
        ttlSecondsAfterFinished: TTL_SECONDS,
        template: { metadata: { labels }, spec: podSpec },
      },
    });
  }

  private renderPod({ image, broker, users }: TopologyJobProps): k8s.PodSpec {
    const values: Record<(typeof TOPOLOGY_ENVIRONMENT)[keyof typeof TOPOLOGY_ENVIRONMENT], string> = {
      [TOPOLOGY_ENVIRONMENT.definitions]: `${PATHS.definitions}/${DEFINITIONS_FILE}`,
      [TOPOLOGY_ENVIRONMENT.users]: PATHS.users,
      [TOPOLOGY_ENVIRONMENT.admin]: USERS.admin,
      [TOPOLOGY_ENVIRONMENT.managementUrl]: broker.managementUrl,
      [TOPOLOGY_ENVIRONMENT.nodes]: String(broker.hosts.length),
    };
    return {
      ...restrictedPod(UID),
      restartPolicy: 'OnFailure',
      containers: [
        {
          name: 'topology',
          image,
          imagePullPolicy: 'IfNotPresent',
          args: ['topology'],
          env: Object.entries(values).map(([name, value]) => ({ name, value })),
          resources: resourceRequirements({ cpu: '50m', memory: '128Mi' }),
          ...RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: 'definitions', mountPath: PATHS.definitions, readOnly: true },
            ...users.map((user) => ({ name: `user-${user.name}`, mountPath: `${PATHS.users}/${user.name}`, readOnly: true })),
          ],
        },
      ],
      volumes: [
        { name: 'definitions', configMap: { name: broker.definitionsConfig, items: [{ key: DEFINITIONS_FILE, path: DEFINITIONS_FILE }] } },
        ...users.map((user) => ({ name: `user-${user.name}`, secret: { secretName: broker.secretOf(user.name) } })),
      ],
    };
  }
}
