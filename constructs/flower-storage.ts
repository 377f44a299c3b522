import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Problem } from '../workers/problems';
import { join, objectName, optional, problem, quantity, type Shape } from './rules';

/** Where Flower keeps what it has seen. */
export interface FlowerStorageOptions {
  /**
   * Size of a volume claim in which Flower keeps workers and tasks over a restart, such as '1Gi'. It is written once a minute and at the end.
   * @default - no volume: a restarted Flower begins empty
   */
  readonly storage?: string;
  /**
   * StorageClass of the claim.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
}

const FOLDER = '/var/lib/flower';
const VOLUME = 'state';
const SAVE_INTERVAL_MS = 60_000;

export const flowerStorageFields: Shape<FlowerStorageOptions> = {
  storage: optional(quantity('bytes')),
  storageClass: optional(objectName('a StorageClass')),
};

/** A class of a claim that there is not. */
export function flowerStorageProblems({ storage, storageClass }: FlowerStorageOptions, path: string): Problem[] {
  return storageClass !== undefined && storage === undefined
    ? [problem(join(path, 'storageClass'), storageClass, 'has no meaning without storage', "give storage: '1Gi', or remove it")]
    : [];
}

/** The claim, or none. It stays when Flower is removed from the manifest and nothing prunes. */
export function createFlowerClaim(
  scope: Construct,
  metadata: { readonly name: string; readonly labels: Record<string, string> },
  { storage, storageClass }: FlowerStorageOptions,
): k8s.KubePersistentVolumeClaim | undefined {
  if (storage === undefined) return undefined;
  return new k8s.KubePersistentVolumeClaim(scope, 'State', {
    metadata,
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: storageClass,
      resources: { requests: { storage: k8s.Quantity.fromString(storage) } },
    },
  });
}

export function flowerStateVolumes(claim: k8s.KubePersistentVolumeClaim | undefined): k8s.Volume[] {
  return claim ? [{ name: VOLUME, persistentVolumeClaim: { claimName: claim.name } }] : [];
}

export function flowerStateMounts(claim: k8s.KubePersistentVolumeClaim | undefined): k8s.VolumeMount[] {
  return claim ? [{ name: VOLUME, mountPath: FOLDER }] : [];
}

/** Lines of Flower's settings; it writes to a second file and renames, so a kill costs a minute and not the file. */
export function flowerStateSettings({ storage }: FlowerStorageOptions): string {
  return storage === undefined ? '' : `persistent = True\ndb = "${FOLDER}/state"\nstate_save_interval = ${SAVE_INTERVAL_MS}\n`;
}
