/** A rendered Kubernetes object: from `render(...)`, or parsed from a manifest. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

export type Files = Readonly<Record<string, string>>;
export type Environment = Readonly<Record<string, string>>;

export interface RenderedContainer {
  readonly command: readonly string[];
  readonly env: Environment;
}

/** One pod of the rendered broker, as the kubelet would start it. */
export interface RenderedPod {
  readonly uid: number;
  readonly gid: number;
  readonly prepare: RenderedContainer;
  readonly server: RenderedContainer;
  /** Command that runs before the server is told to end; empty when there is none. */
  readonly preStop: readonly string[];
  /** Ports of the server, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Path of the startup probe on the management port. */
  readonly startupPath: string;
  /** Mount path -> the files there; none for the writable folders. */
  readonly mounts: ReadonlyMap<string, Files>;
  /** The broker's ConfigMap. */
  readonly config: Files;
}

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: { readonly httpGet: { readonly path: string } };
  readonly lifecycle?: { readonly preStop?: { readonly exec: { readonly command: readonly string[] } } };
}

interface StatefulSetSpec {
  readonly replicas: number;
  readonly template: {
    readonly spec: {
      readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
      readonly initContainers: readonly Container[];
      readonly containers: readonly Container[];
      readonly volumes: readonly {
        readonly name: string;
        readonly configMap?: { readonly name: string };
        readonly secret?: { readonly secretName: string };
      }[];
    };
  };
}

/** Pod `<StatefulSet>-<ordinal>` of the broker among rendered objects; `secrets` stands for what an operator has created. */
export function renderedPod(objects: readonly KubernetesObject[], secrets: Readonly<Record<string, Files>>, ordinal: number): RenderedPod {
  const { config, statefulSet } = brokerOf(objects);
  const { spec } = (statefulSet.spec as StatefulSetSpec).template;
  const fields: Environment = {
    'metadata.name': `${statefulSet.metadata.name}-${ordinal}`,
    'metadata.namespace': statefulSet.metadata.namespace ?? 'default',
  };
  const container = (list: readonly Container[], name: string) =>
    present(
      list.find((each) => each.name === name),
      `container ${name}`,
    );
  const [prepare, server] = [container(spec.initContainers, 'prepare'), container(spec.containers, 'rabbitmq')];
  const filesOf = (volume: string): Files => {
    const source = spec.volumes.find(({ name }) => name === volume);
    if (source?.configMap) return find(objects, 'ConfigMap', (name) => name === source.configMap?.name).data ?? {};
    if (source?.secret) return present(secrets[source.secret.secretName], `Secret ${source.secret.secretName}`);
    return {};
  };
  return {
    uid: spec.securityContext.runAsUser,
    gid: spec.securityContext.runAsGroup,
    prepare: { command: prepare.command, env: environment(prepare, fields) },
    server: { command: server.command, env: environment(server, fields) },
    ports: Object.fromEntries((server.ports ?? []).map(({ name, containerPort }) => [name, containerPort])),
    startupPath: present(server.startupProbe, 'startup probe').httpGet.path,
    preStop: server.lifecycle?.preStop?.exec.command ?? [],
    mounts: new Map([...prepare.volumeMounts, ...server.volumeMounts].map(({ name, mountPath }) => [mountPath, filesOf(name)])),
    config: config.data ?? {},
  };
}

/** All pods of the broker. */
export function renderedPods(objects: readonly KubernetesObject[], secrets: Readonly<Record<string, Files>>): RenderedPod[] {
  const { replicas } = brokerOf(objects).statefulSet.spec as StatefulSetSpec;
  return Array.from({ length: replicas }, (_, ordinal) => renderedPod(objects, secrets, ordinal));
}

/** The host in the name of the pod's node. */
export function hostOf({ server }: RenderedPod): string {
  return present(server.env['RABBITMQ_NODENAME']?.split('@')[1], 'node name');
}

/** Name of the port at which a starting node looks whether another one serves clients. */
export function guardedPort({ server, ports }: RenderedPod): string {
  return present(
    Object.keys(ports).find((name) => String(ports[name]) === server.env['AMQP_PORT']),
    'port for AMQP_PORT',
  );
}

function brokerOf(objects: readonly KubernetesObject[]) {
  const config = find(objects, 'ConfigMap', (name) => name.endsWith('-broker-config'));
  return { config, statefulSet: find(objects, 'StatefulSet', (name) => name === config.metadata.name.replace(/-config$/, '')) };
}

/** Expands `$(NAME)` from the variables above it, as the kubelet does. */
function environment({ env }: Container, fields: Environment): Environment {
  const result: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    const text = valueFrom ? present(fields[valueFrom.fieldRef.fieldPath], `field ${valueFrom.fieldRef.fieldPath}`) : (value ?? '');
    result[name] = text.replace(/\$\(([A-Za-z_]\w*)\)/g, (reference, variable: string) => result[variable] ?? reference);
  }
  return result;
}

function find(objects: readonly KubernetesObject[], kind: string, hasName: (name: string) => boolean): KubernetesObject {
  return present(
    objects.find((each) => each.kind === kind && hasName(each.metadata.name)),
    `${kind} of the broker`,
  );
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the rendered objects hold no ${what}`);
  return value;
}
