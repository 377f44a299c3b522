import type { SecretDeclaration } from '../../../constructs';
import { SECRETS_ANNOTATION } from '../../../constructs/task-cluster';
import type { Topology } from '../../../workers/topology';
import { idOf, type Manifest, podTemplateOf } from '../../support/manifests';

export interface Probe {
  readonly httpGet?: { readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
}

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: {
    readonly secretName: string;
    /** Keys to mount, and the files they become; all of them unless given. */
    readonly items?: readonly { readonly key: string; readonly path: string }[];
  };
}

/** The pods of one Deployment, StatefulSet, Job or ScaledJob. */
export interface Pod {
  /** `Deployment/tasks-flower` */
  readonly id: string;
  readonly owner: Manifest;
  readonly labels: Labels;
  /** Init containers, too. */
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export type Labels = Readonly<Record<string, string>>;

/** The parts of a definitions file that others refer to. */
export interface Definitions {
  readonly users: readonly { readonly name: string; readonly tags: readonly string[]; readonly password_hash: string }[];
  readonly vhosts: readonly { readonly name: string }[];
  readonly permissions: readonly { readonly user: string; readonly vhost: string; readonly write: string; readonly read: string }[];
  readonly policies: readonly { readonly name: string; readonly pattern: string; readonly definition: Readonly<Record<string, string>> }[];
  readonly exchanges: readonly { readonly name: string }[];
  readonly queues: readonly { readonly name: string }[];
  readonly bindings: readonly {
    readonly source: string;
    readonly destination: string;
    readonly destination_type: 'queue' | 'exchange';
    readonly routing_key: string;
  }[];
}

/** What a manifest holds, indexed by what others call it. */
export class Inventory {
  readonly pods: readonly Pod[];
  /** Files by ConfigMap. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Keys by Secret. */
  readonly secrets: ReadonlyMap<string, SecretDeclaration['keys']>;
  readonly definitions: Definitions;
  readonly topology: Topology;

  constructor(readonly objects: readonly Manifest[]) {
    this.pods = objects.filter((object) => podTemplateOf(object)?.spec?.containers).map(podOf);
    this.configMaps = new Map(this.ofKind('ConfigMap').map(({ metadata, data = {} }) => [metadata.name, data]));
    this.secrets = new Map(
      objects.flatMap(({ metadata }) => Object.entries(JSON.parse(metadata.annotations?.[SECRETS_ANNOTATION] ?? '{}'))),
    ) as Inventory['secrets'];
    this.definitions = JSON.parse(this.fileNamed('definitions.json'));
    this.topology = JSON.parse(this.fileNamed('topology.json'));
  }

  ofKind(kind: string): Manifest[] {
    return this.objects.filter((object) => object.kind === kind);
  }

  named(kind: string, name: string): Manifest | undefined {
    return this.ofKind(kind).find(({ metadata }) => metadata.name === name);
  }

  /** What KEDA scales by. */
  get scalers(): Manifest[] {
    return [...this.ofKind('ScaledObject'), ...this.ofKind('ScaledJob')];
  }

  /** Every ConfigMap that a container mounts, with the folder it is in. */
  mountedFiles(pod: Pod, container: Container): { readonly folder: string; readonly files: Readonly<Record<string, string>> }[] {
    return (container.volumeMounts ?? []).flatMap((mount) => {
      const source = pod.volumes.find(({ name }) => name === mount.name)?.configMap?.name;
      const files = source === undefined ? undefined : this.configMaps.get(source);
      return files ? [{ folder: mount.mountPath, files }] : [];
    });
  }

  /** Secrets by user that the owner of an external broker imports; none when the broker is rendered. */
  get imported(): ReadonlyMap<string, string> | undefined {
    const script = this.findFile('import.sh');
    if (script === undefined) return undefined;
    const [, lines = ''] = /<<'USERS'\n([^]*?)\nUSERS\n/.exec(script) ?? [];
    return new Map([...lines.matchAll(/^(\S+) (\S+)$/gm)].map(([, user = '', secret = '']) => [user, secret]));
  }

  /** Whether only the owner of a broker knows what is in a Secret. */
  isGiven(secret: string): boolean {
    return Object.values(this.secrets.get(secret) ?? {}).includes('given');
  }

  private fileNamed(name: string): string {
    const text = this.findFile(name);
    if (text === undefined) throw new Error(`no ConfigMap has the file ${name}`);
    return text;
  }

  private findFile(name: string): string | undefined {
    return [...this.configMaps.values()].find((files) => files[name] !== undefined)?.[name];
  }
}

/** A trigger that looks at a queue. */
export interface QueueTrigger {
  readonly type: string;
  readonly name: string;
  readonly metadata: {
    readonly host: string;
    readonly mode: string;
    readonly queueName: string;
    readonly vhostName: string;
    readonly value: string;
  };
  readonly authenticationRef: { readonly name: string };
}

/** The triggers of a scaler that look at queues; others look elsewhere. */
export function queueTriggersOf(scaler: Manifest): QueueTrigger[] {
  return scaler.spec.triggers.filter(({ type }: { type: string }) => type === 'rabbitmq');
}

/** Values of a container's environment by name. */
export function variablesOf(container: Container): ReadonlyMap<string, string> {
  return new Map((container.env ?? []).map(({ name, value = '' }) => [name, value]));
}

/** Whether pods with these labels are selected; no selector selects nothing here. */
export function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function podOf(owner: Manifest): Pod {
  const { metadata, spec } = podTemplateOf(owner);
  return {
    id: idOf(owner),
    owner,
    labels: metadata.labels,
    containers: [...(spec.initContainers ?? []), ...spec.containers],
    volumes: [
      ...(spec.volumes ?? []),
      ...(owner.spec.volumeClaimTemplates ?? []).map((claim: Manifest) => ({ name: claim.metadata.name })),
    ],
  };
}
