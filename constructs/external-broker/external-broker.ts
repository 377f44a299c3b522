import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { CREDENTIAL_KEYS, type SecretDeclaration } from '../../workers/secrets/secret';
import { type Broker, type BrokerContext, type BrokerProvider, secretName, userSecret } from '../broker';
import { type BrokerTls, CA_KEY } from '../broker-tls';
import { type BrokerUser, USERS } from '../broker-users';
import { externalBrokerProblems } from './rules';
import { importScript } from './import-script';
import { labelsOf } from '../pod';
import { definitions } from '../rabbitmq/definitions';
import { HASHES_SCRIPT } from '../rabbitmq/scripts';

export interface ExternalBrokerOptions {
  /**
   * `host:port` of every node that clients may connect to (AMQP 0-9-1). Workers try them in turn; Flower takes the first, so let it be
   * an address in front of all nodes if there is one.
   */
  readonly hosts: readonly string[];
  /** Root of the management HTTP API, `http://host:port/`, or `https://...` with `tls`. KEDA and Flower ask it. */
  readonly managementUrl: string;
  /**
   * Speak TLS with the broker; `{}` for one with a publicly signed certificate. The names in `hosts` and `managementUrl` must be in it.
   * @default - no TLS
   */
  readonly tls?: ExternalBrokerTls;
  /**
   * Names of Secrets by the user of the component: `producer`, `flower`, `keda` and `worker-<group>`. Each holds the keys `username`, which
   * must be just that user, and `password`. They must be in the namespace of the task system.
   * @default - `<name>-broker-<user>`, as for a cluster of Warren's own
   */
  readonly secrets?: Readonly<Record<string, string>>;
  /**
   * Name of the one Secret with which every component logs in, for brokers that grant only one user. Its `username` may be any. The user needs
   * every permission in the virtual host and the tag `monitoring`; a component that is broken into can then do what all may.
   * @default - each component has its own user, with the permissions that it needs
   */
  readonly secret?: string;
}

export interface ExternalBrokerTls {
  /**
   * Name of a Secret of the task system's namespace with the certificate authorities, in PEM form, that vouch for the broker.
   * @default - the public authorities, which workers, KEDA and Flower's image trust by themselves
   */
  readonly caSecret?: string;
  /**
   * Key of that Secret.
   * @default 'ca.crt'
   */
  readonly caKey?: string;
}

export interface ExternalBrokerProps extends ExternalBrokerOptions, BrokerContext {}

/**
 * A RabbitMQ that somebody else runs: a managed one, or one that is there already. Nothing of it is rendered. What it must hold, its
 * owner imports once and after every change, with the script in the ConfigMap `<name>-broker-definitions`. Without
 * `tls` connections are not encrypted: let them pass through trusted networks only.
 */
export class ExternalBroker extends Construct implements Broker {
  /** A broker for a `TaskCluster`. */
  static of(options: ExternalBrokerOptions): BrokerProvider {
    return {
      validate: (path, users) => externalBrokerProblems(options, path, users),
      create: (scope, id, context) => new ExternalBroker(scope, id, { ...options, ...context }),
    };
  }

  readonly hosts: readonly string[];
  readonly address: string;
  readonly managementUrl: string;
  readonly secrets: readonly SecretDeclaration[];
  readonly tls: BrokerTls | undefined;
  /** What the owner of the broker imports, and the script that does it. */
  readonly definitions: k8s.KubeConfigMap;

  private readonly naming: Pick<ExternalBrokerProps, 'name' | 'secret' | 'secrets'>;

  constructor(scope: Construct, id: string, props: ExternalBrokerProps) {
    super(scope, id);
    // The administrator is the owner's own; nothing that is rendered logs in as one.
    const users = props.users.filter(({ name }) => name !== USERS.admin);
    this.hosts = props.hosts;
    this.address = props.hosts[0] ?? '';
    this.managementUrl = new URL(props.managementUrl).href;
    this.tls = trustIn(props.tls);
    this.naming = { name: props.name, secret: props.secret, secrets: props.secrets };
    this.secrets = [...this.declareSecrets(users), ...caSecret(this.tls)];
    this.definitions = this.renderDefinitions(props, props.secret === undefined ? users : []);
  }

  secretOf(user: string): string {
    const { name, secret, secrets } = this.naming;
    return secret ?? secrets?.[user] ?? secretName(name, user);
  }

  private declareSecrets(users: readonly BrokerUser[]): SecretDeclaration[] {
    const { name, secret } = this.naming;
    if (secret !== undefined) return [{ name: secret, keys: { [CREDENTIAL_KEYS.username]: 'given', [CREDENTIAL_KEYS.password]: 'given' } }];
    return users.map((user) => userSecret(name, user.name, this.secretOf(user.name)));
  }

  private renderDefinitions({ name, partOf, topology }: ExternalBrokerProps, users: readonly BrokerUser[]): k8s.KubeConfigMap {
    const configMap = `${name}-definitions`;
    const script = importScript({
      namespace: Chart.of(this).namespace ?? 'default',
      configMap,
      managementUrl: this.managementUrl,
      virtualHost: topology.virtualHost,
      secrets: users.map((user) => [user.name, this.secretOf(user.name)]),
      tls: this.tls,
    });
    return new k8s.KubeConfigMap(this, 'Definitions', {
      metadata: { name: configMap, labels: labelsOf(name, 'broker', partOf).all },
      data: {
        'definitions.json': definitions(topology, users),
        'import.sh': script,
        ...(users.length > 0 && { 'hashes.sh': HASHES_SCRIPT }),
      },
    });
  }
}

function trustIn(tls: ExternalBrokerTls | undefined): BrokerTls | undefined {
  if (!tls) return undefined;
  return tls.caSecret === undefined ? 'system' : { secret: tls.caSecret, key: tls.caKey ?? CA_KEY };
}

/** Only the owner of the broker knows what is in it. */
function caSecret(tls: BrokerTls | undefined): SecretDeclaration[] {
  return tls === undefined || tls === 'system' ? [] : [{ name: tls.secret, keys: { [tls.key]: 'given' } }];
}
