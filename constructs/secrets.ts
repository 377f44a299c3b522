import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { SECRETS_ENVIRONMENT } from '../workers/environment';
import type { Problem } from '../workers/problems';
import { canBeMade, encodeSecrets, type SecretDeclaration, secretType } from '../workers/secrets/secret';
import type { ImageOptions } from './images';
import type { MetadataOptions } from './metadata';
import { oneOffJob } from './one-off-job';
import { labelsOf, serviceAccount } from './pod';
import { kubernetesName, oneOf, optional, shape, text } from './rules';

/** What Secrets are provided for. */
export interface SecretsContext {
  readonly name: string;
  readonly partOf: string;
  /** The worker image. */
  readonly image: string;
  readonly images?: ImageOptions;
  /** Labels and annotations that the task system adds to every pod. */
  readonly metadata?: MetadataOptions;
  readonly secrets: readonly SecretDeclaration[];
}

/** Label value of what provides Secrets. */
export const SECRETS_COMPONENT = 'secrets';

/** Where the Secrets of a task system come from. No way of them puts a value into a manifest. */
export abstract class SecretSource {
  /** They exist already, or are created by hand: `npm run secrets`. */
  static existing(): SecretSource {
    return new ExistingSecrets();
  }

  /** A Job in the cluster creates those that are absent, with random values, and never touches one that exists. */
  static bootstrap(): SecretSource {
    return new BootstrapSecrets();
  }

  /** The External Secrets operator copies them from a store. */
  static external(options: ExternalSecretsOptions): SecretSource {
    return new ExternalSecrets(options);
  }

  /** Whether a Job of the task system talks to the Kubernetes API. */
  readonly hasJob: boolean = false;

  abstract validate(path: string): Problem[];
  abstract create(scope: Construct, id: string, context: SecretsContext): void;
}

class ExistingSecrets extends SecretSource {
  validate(): Problem[] {
    return [];
  }

  create(): void {
    // Nothing to render: the annotation on the topology ConfigMap lists them.
  }
}

class BootstrapSecrets extends SecretSource {
  override readonly hasJob = true;

  validate(): Problem[] {
    return [];
  }

  create(scope: Construct, id: string, context: SecretsContext): void {
    new SecretsJob(scope, id, context);
  }
}

/**
 * The Job of `SecretSource.bootstrap()`. Its account may create Secrets in its namespace and do nothing else: not read, not list, not
 * change. Pods that wait for their Secrets are started by the kubelet when it tries again, at first after seconds, later after minutes.
 */
export class SecretsJob extends Construct {
  readonly serviceAccount: k8s.KubeServiceAccount;
  readonly role: k8s.KubeRole;
  readonly roleBinding: k8s.KubeRoleBinding;
  readonly job: k8s.KubeJob;

  constructor(scope: Construct, id: string, { name, partOf, image, images, secrets, metadata }: SecretsContext) {
    super(scope, id);
    const labels = labelsOf(name, SECRETS_COMPONENT, partOf).all;
    this.serviceAccount = serviceAccount(this, name, labels);
    this.role = new k8s.KubeRole(this, 'Role', {
      metadata: { name, labels },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }],
    });
    this.roleBinding = new k8s.KubeRoleBinding(this, 'RoleBinding', {
      metadata: { name, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name }],
    });
    this.job = oneOffJob(this, {
      name,
      labels,
      image,
      images,
      command: 'secrets',
      env: {
        [SECRETS_ENVIRONMENT.secrets]: encodeSecrets(secrets.filter(canBeMade)),
      },
      serviceAccountName: name,
      token: true,
      metadata,
    });
  }
}

export interface ExternalSecretsOptions {
  /** Name of the SecretStore or ClusterSecretStore. */
  readonly store: string;
  /** @default 'ClusterSecretStore' */
  readonly storeKind?: 'SecretStore' | 'ClusterSecretStore';
  /**
   * Path in the store; a Secret is read from `<path>/<name of the Secret>`, each of its random keys as a property.
   * @default - the namespace's objects stand at the top: `<name of the Secret>`
   */
  readonly path?: string;
  /**
   * How often the operator looks for new values.
   * @default '1h'
   */
  readonly refreshInterval?: string;
}

const externalShape = shape<ExternalSecretsOptions>({
  store: kubernetesName,
  storeKind: optional(oneOf(['SecretStore', 'ClusterSecretStore'])),
  path: optional(text(/^[^\s]{1,500}$/, 'must be a path of 1 to 500 characters without spaces', 'write it as your store does')),
  refreshInterval: optional(text(/^\d+(s|m|h)$/, 'must be a duration', 'write "1h"')),
});

class ExternalSecrets extends SecretSource {
  constructor(private readonly options: ExternalSecretsOptions) {
    super();
  }

  validate(path: string): Problem[] {
    return externalShape(this.options, path);
  }

  create(scope: Construct, id: string, { partOf, secrets }: SecretsContext): void {
    const group = new Construct(scope, id);
    for (const secret of secrets.filter(canBeMade)) this.renderSecret(group, secret, partOf);
  }

  private renderSecret(scope: Construct, { name, keys }: SecretDeclaration, partOf: string): void {
    const { store, storeKind = 'ClusterSecretStore', path, refreshInterval = '1h' } = this.options;
    const remote = path === undefined ? name : `${path}/${name}`;
    const random = Object.entries(keys).flatMap(([key, content]) => (content === 'random' ? [key] : []));
    // Values that are no secret, such as a user name, do not have to be in the store.
    const data = Object.entries(keys).map(([key, content]) => [
      key,
      typeof content === 'object' ? content.value : `{{ index . "${key}" }}`,
    ]);
    new ApiObject(scope, name, {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name, labels: labelsOf(name, SECRETS_COMPONENT, partOf).all },
      spec: {
        refreshInterval,
        secretStoreRef: { name: store, kind: storeKind },
        target: { name, template: { type: secretType(keys), data: Object.fromEntries(data) } },
        data: random.map((key) => ({ secretKey: key, remoteRef: { key: remote, property: key } })),
      },
    });
  }
}
