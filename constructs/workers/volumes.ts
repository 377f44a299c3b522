import { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { amountOf } from '../quantity';
import {
  distinct,
  givenAsIs,
  isPlainObject,
  join,
  list,
  objectName,
  optional,
  problem,
  quantity,
  type Rule,
  type Shape,
  text,
} from '../rules';

/** Files that tasks find beside the worker's own. */
export interface VolumeOptions {
  /**
   * Names of Secrets, each mounted with its keys as files at `/etc/secrets/<name>`. A task that reads the file when it needs it sees a
   * rotated value about a minute after the change, without a restart.
   * @default []
   */
  readonly secretFiles?: readonly string[];
  /**
   * Volumes of the pod, in Kubernetes' own form: a ConfigMap, a claim. Kinds that Pod Security "restricted" refuses are refused.
   * @default []
   */
  readonly volumes?: readonly k8s.Volume[];
  /**
   * Where the worker's container finds `volumes`.
   * @default []
   */
  readonly volumeMounts?: readonly k8s.VolumeMount[];
  /**
   * Size of /tmp, the one folder that a task may write to. It is gone with the pod, and counts as the container's disk together with its
   * log: a pod that uses more is evicted.
   * @default '64Mi'
   */
  readonly temporaryStorage?: string;
}

export const VOLUME_DEFAULTS = { temporaryStorage: '64Mi' } as const satisfies VolumeOptions;

const SECRETS_FOLDER = '/etc/secrets';
const TEMPORARY_VOLUME = 'tmp';
/** Names that the pod uses itself. */
const OWN_VOLUME = /^(topology|service-account|broker-.*|redis|tmp|secret-\d+)$/;
const OWN_FOLDER = /^\/(app|etc\/(warren|secrets)|proc|sys|dev)?(\/|$)|^\/tmp\/?$/;
/** Fields of a volume that Pod Security "restricted" allows. */
const KINDS = ['configMap', 'csi', 'downwardApi', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

export const volumeName: Rule = (value, path) =>
  OWN_VOLUME.test(String(value))
    ? [problem(path, value, "is a volume of the worker's own", 'rename it')]
    : text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1 to 63 of a-z, 0-9 and -', 'rename it')(value, path);

const volume: Rule = (value, path) => {
  if (!isPlainObject(value)) return [problem(path, value, 'must be a volume', "write { name: '...', configMap: { name: '...' } }")];
  const kinds = Object.keys(value).filter((key) => key !== 'name');
  const [kind = ''] = kinds;
  const emptyDir = value['emptyDir'] as k8s.EmptyDirVolumeSource | undefined;
  return [
    ...volumeName(value['name'], join(path, 'name')),
    ...(kinds.length === 1 ? [] : [problem(path, kinds, 'must have one source', `give one of ${KINDS.join(', ')}`)]),
    ...(kinds.length === 1 && !KINDS.includes(kind)
      ? [problem(join(path, kind), value[kind], 'is refused by Pod Security "restricted", or unknown', `use one of ${KINDS.join(', ')}`)]
      : []),
    ...(emptyDir && !emptyDir.sizeLimit
      ? [problem(join(path, 'emptyDir'), emptyDir, 'must have a sizeLimit', "add sizeLimit: k8s.Quantity.fromString('1Gi')")]
      : []),
  ];
};

const folder: Rule = (value, path) =>
  OWN_FOLDER.test(String(value))
    ? [problem(path, value, 'would hide files of the image, of the system or of the worker', 'mount it elsewhere, like "/var/lib/models"')]
    : text(/^(\/[\w.-]+)+$/, 'must be an absolute path', 'write it like "/var/lib/models"')(value, path);

/** One place where a volume is seen. */
export const volumeMount: Rule = (value, path) =>
  isPlainObject(value)
    ? folder(value['mountPath'], join(path, 'mountPath'))
    : [problem(path, value, 'must be a mount', "write { name: '...', mountPath: '/...' }")];

export const volumeFields: Shape<VolumeOptions> = {
  secretFiles: optional(distinct(list(objectName('a Secret')))),
  volumes: optional(list(volume)),
  volumeMounts: optional(list(volumeMount)),
  temporaryStorage: optional(quantity('bytes')),
};

/** Mounts without a volume, volumes without a mount, and what is there twice. */
export function volumeProblems(options: VolumeOptions, otherMounts: readonly k8s.VolumeMount[], path: string): Problem[] {
  const { volumes = [], volumeMounts = [] } = options;
  const names = volumes.map(({ name }) => name);
  const paths = volumeMounts.map(({ mountPath }) => mountPath);
  const mounted = [...volumeMounts, ...otherMounts].map(({ name }) => name);
  return [
    ...distinct(givenAsIs)(names, join(path, 'volumes')),
    ...distinct(givenAsIs)(paths, join(path, 'volumeMounts')),
    ...volumeMounts.flatMap(({ name }, index) =>
      names.includes(name) ? [] : [problem(`${join(path, 'volumeMounts')}[${index}].name`, name, 'is no volume', 'add it to volumes')],
    ),
    ...names.flatMap((name, index) =>
      mounted.includes(name) ? [] : [problem(`${join(path, 'volumes')}[${index}]`, name, 'is mounted nowhere', 'add it to volumeMounts')],
    ),
  ];
}

/** /tmp, the Secrets of tasks and the user's volumes. */
export function taskVolumes({
  secretFiles = [],
  volumes = [],
  temporaryStorage = VOLUME_DEFAULTS.temporaryStorage,
}: VolumeOptions): k8s.Volume[] {
  return [
    { name: TEMPORARY_VOLUME, emptyDir: { sizeLimit: k8s.Quantity.fromString(temporaryStorage) } },
    // By number: names of Secrets may be longer than those of volumes.
    ...secretFiles.map((secretName, index) => ({ name: `secret-${index}`, secret: { secretName } })),
    ...volumes,
  ];
}

export function taskVolumeMounts({ secretFiles = [], volumeMounts = [] }: VolumeOptions): k8s.VolumeMount[] {
  return [
    { name: TEMPORARY_VOLUME, mountPath: '/tmp' },
    ...secretFiles.map((name, index) => ({ name: `secret-${index}`, mountPath: `${SECRETS_FOLDER}/${name}`, readOnly: true })),
    ...volumeMounts,
  ];
}

/** The kubelet turns a log over at 50 MiB, and keeps a few files beside it. */
const LOG_MEBIBYTES = 192;

/** Disk of the machine that the worker may fill: /tmp and its log. */
export function ephemeralStorage({ temporaryStorage = VOLUME_DEFAULTS.temporaryStorage }: VolumeOptions): string {
  return `${Math.ceil(amountOf(temporaryStorage) / 2 ** 20) + LOG_MEBIBYTES}Mi`;
}
