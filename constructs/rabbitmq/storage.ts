import { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { amountOf } from '../quantity';
import { flag, join, objectName, oneOf, optional, problem, quantity, type Shape, shape } from '../rules';

/** What happens to a node's volume claim; the words are Kubernetes' (StatefulSet, persistentVolumeClaimRetentionPolicy). */
export interface Retention {
  /**
   * When the StatefulSet is deleted.
   * @default 'Retain'
   */
  readonly whenDeleted?: 'Retain' | 'Delete';
  /**
   * When the StatefulSet gets fewer replicas.
   * @default 'Retain'
   */
  readonly whenScaled?: 'Retain' | 'Delete';
}

export interface StorageOptions {
  /**
   * Size of each node's volume; at least three times the free-disk limit that follows from the memory (RabbitMQ documentation,
   * production checklist). Kubernetes refuses to change it on a StatefulSet that exists: docs/rabbitmq.md says how to grow it.
   * @default '10Gi'
   */
  readonly storage?: string;
  /**
   * StorageClass of the volumes.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * Whether volumes go with the broker. Both parts default to 'Retain': a deleted claim is a lost queue.
   * @default - claims stay
   */
  readonly retention?: Retention;
  /**
   * Keep the data in the pod instead of in a volume claim: every task is lost with the pod. For development, with one node: a node that
   * comes back empty under its old name has forgotten what it confirmed, which the others in a cluster cannot know.
   * @default false
   */
  readonly ephemeral?: boolean;
}

export const RETENTION_DEFAULTS = { whenDeleted: 'Retain', whenScaled: 'Retain' } as const satisfies Retention;
export const STORAGE_DEFAULTS = { storage: '10Gi', ephemeral: false } as const satisfies StorageOptions;

export type ResolvedStorage = StorageOptions & Required<Pick<StorageOptions, keyof typeof STORAGE_DEFAULTS>>;

/** Name of the volume, and of the claim template. */
export const DATA_VOLUME = 'data';

export const storageFields: Shape<StorageOptions> = {
  storage: optional(quantity('bytes')),
  storageClass: optional(objectName('a StorageClass')),
  retention: optional(
    shape<Retention>({ whenDeleted: optional(oneOf(['Retain', 'Delete'])), whenScaled: optional(oneOf(['Retain', 'Delete'])) }),
  ),
  ephemeral: optional(flag),
};

/** What does not go together with `ephemeral`. */
export function storageProblems({ ephemeral, ...options }: ResolvedStorage, nodes: number, path: string): Problem[] {
  if (!ephemeral) return [];
  const useless = (['storageClass', 'retention'] as const).filter((key) => options[key] !== undefined);
  return [
    ...(nodes === 1
      ? []
      : [
          problem(
            join(path, 'ephemeral'),
            ephemeral,
            `must not be set for ${nodes} nodes: one that comes back empty has forgotten what it confirmed`,
            'use nodes: 1, or remove ephemeral',
          ),
        ]),
    ...useless.map((key) =>
      problem(join(path, key), options[key], 'has no meaning with ephemeral: there is no volume claim', 'remove one of them'),
    ),
  ];
}

/** The volume claims of the nodes, or none. */
export function volumeClaims(
  { storage, storageClass, retention, ephemeral }: ResolvedStorage,
  labels: Record<string, string>,
): Pick<k8s.StatefulSetSpec, 'volumeClaimTemplates' | 'persistentVolumeClaimRetentionPolicy'> {
  if (ephemeral) return {};
  return {
    persistentVolumeClaimRetentionPolicy: { ...RETENTION_DEFAULTS, ...retention },
    volumeClaimTemplates: [
      {
        metadata: { name: DATA_VOLUME, labels },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: storageClass,
          resources: { requests: { storage: k8s.Quantity.fromString(storage) } },
        },
      },
    ],
  };
}

/** The volume that stands in for a claim. */
export function dataVolumes({ storage, ephemeral }: ResolvedStorage): k8s.Volume[] {
  return ephemeral ? [{ name: DATA_VOLUME, emptyDir: { sizeLimit: k8s.Quantity.fromString(storage) } }] : [];
}

/** Disk of the machine that a node may fill: its log and, without a claim, its data. */
export function ephemeralStorage({ storage, ephemeral }: ResolvedStorage, beside: string): string {
  return ephemeral ? `${Math.ceil((amountOf(storage) + amountOf(beside)) / 2 ** 20)}Mi` : beside;
}
