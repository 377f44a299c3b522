import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { type Topology, withoutUndefined } from '../workers/topology';
import { CREDENTIAL_KEYS, type SecretDeclaration } from '../workers/secrets/secret';
import type { Broker } from './broker';
import { type BrokerTls, CA_PATH, caMounts, caVolumes } from './broker-tls';
import { USERS } from './broker-users';
import {
  createFlowerClaim,
  flowerStateMounts,
  flowerStateSettings,
  flowerStateVolumes,
  flowerStorageFields,
  type FlowerStorageOptions,
  flowerStorageProblems,
} from './flower-storage';
import { type ImageOptions, mirrored, pullPolicy, pullSecrets } from './images';
import { checksum, labelsOf, RESTRICTED_CONTAINER, resourceRequirements, restrictedPod, type Resources, serviceAccount } from './pod';
import { flag, image, optional, quantity, type Rule, shape } from './rules';
import { placement, placementFields, type PlacementOptions } from './scheduling';
import { evictionAnnotation } from './workers/eviction';

/** There is no number of pods: two would each show half of what happened. */
export interface FlowerOptions extends PlacementOptions, FlowerStorageOptions {
  /**
   * Flower's image. 2.2 with Celery 5.7 is the first pair that works on RabbitMQ 4.3 as it comes.
   * @default 'mher/flower:2.2.0'
   */
  readonly image?: string;
  /**
   * Refuse everything that changes workers or tasks. Whoever may use a Flower that is not read-only can run any task.
   * @default true
   */
  readonly readOnly?: boolean;
  /** @default { cpu: '100m', memory: '256Mi' } */
  readonly resources?: Resources;
}

export const FLOWER_DEFAULTS = {
  image: 'mher/flower:2.2.0',
  readOnly: true,
  resources: { cpu: '100m', memory: '256Mi' },
} as const satisfies FlowerOptions;

type ResolvedFlowerOptions = FlowerOptions & Required<Pick<FlowerOptions, keyof typeof FLOWER_DEFAULTS>>;

const fields = shape<FlowerOptions>({
  ...placementFields,
  ...flowerStorageFields,
  image: optional(image),
  readOnly: optional(flag),
  resources: optional(shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') })),
});

export const flowerRule: Rule = (value, path) => {
  const problems = fields(value, path);
  return problems.length > 0 ? problems : flowerStorageProblems(value as FlowerOptions, path);
};

export interface FlowerProps extends FlowerOptions {
  readonly name: string;
  readonly partOf: string;
  readonly topology: Topology;
  readonly broker: Broker;
  /** Where the image comes from. */
  readonly images?: ImageOptions;
}

const PATHS = { config: '/etc/warren/flower', broker: '/etc/warren/broker-user', login: '/etc/warren/login' } as const;
const COOKIE_KEY = 'cookie-secret';
/** Port of the web page. */
export const FLOWER_PORT = 5555;
/** Value of the label `app.kubernetes.io/component` of Flower's pod. */
export const FLOWER_COMPONENT = 'flower';
/** The image's own user. */
const UID = 1000;

/** Flower: the web page that shows workers and tasks. One pod, login required, no state kept unless asked for. */
export class Flower extends Construct {
  readonly serviceAccount: k8s.KubeServiceAccount;
  readonly config: k8s.KubeConfigMap;
  readonly deployment: k8s.KubeDeployment;
  readonly service: k8s.KubeService;
  /** The claim of `storage`. */
  readonly claim: k8s.KubePersistentVolumeClaim | undefined;
  /** Who may log in to the web page; made by the user. */
  readonly login: SecretDeclaration;

  constructor(scope: Construct, id: string, props: FlowerProps) {
    super(scope, id);
    const { name, partOf, topology, broker, images, ...options } = props;
    const resolved = { ...FLOWER_DEFAULTS, image: mirrored(FLOWER_DEFAULTS.image, images), ...withoutUndefined(options) };
    const labels = labelsOf(name, FLOWER_COMPONENT, partOf);
    const files = {
      'celeryconfig.py': celeryConfig(broker, topology),
      'flowerconfig.py': flowerConfig(broker, resolved),
    };
    this.login = {
      name: `${name}-login`,
      keys: { [CREDENTIAL_KEYS.username]: { value: 'admin' }, [CREDENTIAL_KEYS.password]: 'random', [COOKIE_KEY]: 'random' },
    };
    this.serviceAccount = serviceAccount(this, name, labels.all);
    this.config = new k8s.KubeConfigMap(this, 'Config', { metadata: { name: `${name}-config`, labels: labels.all }, data: files });
    this.claim = createFlowerClaim(this, { name: `${name}-state`, labels: labels.all }, resolved);
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: { name, labels: labels.all },
      spec: {
        replicas: 1,
        // Two at once would both answer, each with half of what it has seen.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels.selector },
        template: {
          // Its local volume holds nothing: without a word the cluster autoscaler would keep the machine for it.
          metadata: { labels: labels.all, annotations: { ...evictionAnnotation(true), ...checksum(...Object.values(files)) } },
          spec: {
            ...restrictedPod(UID, this.serviceAccount.name),
            ...pullSecrets(images),
            ...placement(resolved),
            containers: [{ ...this.renderContainer(resolved, broker), imagePullPolicy: pullPolicy(images) }],
            volumes: [
              { name: 'config', configMap: { name: this.config.name } },
              { name: 'broker-user', secret: { secretName: broker.secretOf(USERS.flower) } },
              { name: 'login', secret: { secretName: this.login.name } },
              { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('64Mi') } },
              ...flowerStateVolumes(this.claim),
              ...caVolumes(broker.tls),
            ],
          },
        },
      },
    });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: { name, labels: labels.all },
      spec: { selector: labels.selector, ports: [{ name: 'http', port: FLOWER_PORT, targetPort: k8s.IntOrString.fromString('http') }] },
    });
  }

  private renderContainer({ image, resources }: ResolvedFlowerOptions, { tls }: Broker): k8s.Container {
    const health = { httpGet: { path: '/healthcheck', port: k8s.IntOrString.fromString('http') }, timeoutSeconds: 5 };
    return {
      name: 'flower',
      image,
      command: ['celery', 'flower', `--conf=${PATHS.config}/flowerconfig.py`],
      workingDir: '/tmp',
      env: [
        { name: 'CELERY_CONFIG_MODULE', value: 'celeryconfig' },
        { name: 'PYTHONPATH', value: PATHS.config },
        // For the management API: Flower hands on no other authorities when the broker is RabbitMQ.
        ...(hasOwnCa(tls) ? [{ name: 'SSL_CERT_FILE', value: CA_PATH }] : []),
      ],
      ports: [{ name: 'http', containerPort: FLOWER_PORT }],
      readinessProbe: { ...health, periodSeconds: 5 },
      livenessProbe: { ...health, periodSeconds: 20, failureThreshold: 6 },
      resources: resourceRequirements(resources),
      ...RESTRICTED_CONTAINER,
      volumeMounts: [
        { name: 'config', mountPath: PATHS.config, readOnly: true },
        { name: 'broker-user', mountPath: PATHS.broker, readOnly: true },
        { name: 'login', mountPath: PATHS.login, readOnly: true },
        { name: 'tmp', mountPath: '/tmp' },
        ...flowerStateMounts(this.claim),
        ...caMounts(tls),
      ],
    };
  }
}

/** How both files read a mounted Secret, ready to stand in a URL. */
const READ_SECRET = `from pathlib import Path
from urllib.parse import quote


def read(folder, key):
    return Path(folder, key).read_text().strip()


def quoted(folder, key):
    return quote(read(folder, key), safe="")


`;

/** Settings of the Celery application inside Flower. Control and event queues are exclusive, which every RabbitMQ 4 permits. */
function celeryConfig(broker: Broker, topology: Topology): string {
  return `${broker.tls ? 'import ssl\n' : ''}${READ_SECRET}user = quoted("${PATHS.broker}", "${CREDENTIAL_KEYS.username}")
password = quoted("${PATHS.broker}", "${CREDENTIAL_KEYS.password}")
broker_url = f"${broker.tls ? 'amqps' : 'amqp'}://{user}:{password}@${broker.address}/${encodeURIComponent(topology.virtualHost)}"
broker_connection_retry_on_startup = True
control_queue_exclusive = True
event_queue_exclusive = True
${useSsl(broker.tls)}`;
}

function hasOwnCa(tls: BrokerTls | undefined): boolean {
  return tls !== undefined && tls !== 'system';
}

/** `server_hostname: None` makes Kombu verify the name in the URL; without that key no name is verified. */
function useSsl(tls: BrokerTls | undefined): string {
  if (tls === undefined) return '';
  const authorities = hasOwnCa(tls) ? `"ca_certs": "${CA_PATH}", ` : '';
  return `broker_use_ssl = {${authorities}"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}\n`;
}

function flowerConfig(broker: Broker, options: ResolvedFlowerOptions): string {
  const api = new URL('api/', broker.managementUrl);
  return `${READ_SECRET}user = quoted("${PATHS.broker}", "${CREDENTIAL_KEYS.username}")
password = quoted("${PATHS.broker}", "${CREDENTIAL_KEYS.password}")
broker_api = f"${api.protocol}//{user}:{password}@${api.host}${api.pathname}"
basic_auth = [read("${PATHS.login}", "${CREDENTIAL_KEYS.username}") + ":" + read("${PATHS.login}", "${CREDENTIAL_KEYS.password}")]
cookie_secret = read("${PATHS.login}", "${COOKIE_KEY}")
port = ${FLOWER_PORT}
read_only = ${options.readOnly ? 'True' : 'False'}
max_tasks = 10000
purge_offline_workers = 300
${flowerStateSettings(options)}`;
}
