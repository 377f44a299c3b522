import { podTemplateOf } from '../../support/manifests';
import { type Container, type Inventory, type Pod, variablesOf } from './inventory';

/** Folders of the image itself. */
const IN_IMAGE = /^\/(bin|sbin|usr|opt|dev)\//;
const ABSOLUTE_PATH = /(?<![\w.:/$})])\/[\w.-]+(?:\/[\w.-]+)*/g;
/** In a file, other texts start with a slash, too (URLs, patterns): only these are folders. */
const FOLDERS = /^\/(etc|run|var|tmp)(\/|$)/;
/** Where the kubelet mounts the token of a pod's service account. */
const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount/';
const NO_TOKEN = 'but the pod mounts no token';
/** How Flower's settings read a Secret: `read("/folder", "key")`. */
const READ_KEY = /\b(?:read|quoted)\("([^"]+)", "([^"]+)"\)/g;

/** Every path in a variable, a command or a mounted file lies in a mount, and what is mounted there has that file. */
export function pathProblems(inventory: Inventory): string[] {
  return inventory.pods.flatMap((pod) =>
    pod.containers.flatMap((container) =>
      [...pathsOfContainer(container), ...pathsOfFiles(inventory, pod, container)].flatMap(({ where, path }) => {
        const problem = problemOfPath(inventory, pod, container, path);
        return problem === undefined ? [] : [`${pod.id}: ${where} of ${container.name} points to ${path}, ${problem}`];
      }),
    ),
  );
}

interface Use {
  readonly where: string;
  readonly path: string;
}

function pathsOfContainer(container: Container): Use[] {
  const texts = [
    ...[...variablesOf(container)].map(([name, text]) => ({ where: name, text })),
    ...[...(container.command ?? []), ...(container.args ?? [])].map((text) => ({ where: 'command', text })),
  ];
  return texts
    .flatMap(({ where, text }) => (text.match(ABSOLUTE_PATH) ?? []).map((path) => ({ where, path })))
    .filter(({ path }) => !IN_IMAGE.test(path));
}

/** An init container prepares files for others: only the container that runs on them reads their paths. */
function pathsOfFiles(inventory: Inventory, pod: Pod, container: Container): Use[] {
  if (container.ports === undefined) return [];
  return inventory
    .mountedFiles(pod, container)
    .flatMap(({ files }) =>
      Object.entries(files).flatMap(([where, text]) => [
        ...(text.match(ABSOLUTE_PATH) ?? []).filter((path) => FOLDERS.test(path)).map((path) => ({ where, path })),
        ...[...text.matchAll(READ_KEY)].map(([, folder, key]) => ({ where, path: `${folder}/${key}` })),
      ]),
    );
}

/** What is wrong with a path inside a container. */
export function problemOfPath(inventory: Inventory, pod: Pod, { volumeMounts = [] }: Container, path: string): string | undefined {
  if (path.startsWith(ACCOUNT_FOLDER)) return podTemplateOf(pod.owner).spec.automountServiceAccountToken === true ? undefined : NO_TOKEN;
  if (volumeMounts.some(({ mountPath }) => mountPath === path || mountPath.startsWith(`${path}/`))) return undefined;
  const inside = volumeMounts.filter(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const mount = inside.find((each) => inside.every((other) => each.mountPath.length >= other.mountPath.length));
  if (!mount) return 'which is in no mount';
  const volume = pod.volumes.find(({ name }) => name === mount.name);
  const file = path.slice(mount.mountPath.length + 1);
  if (volume?.configMap && inventory.configMaps.get(volume.configMap.name)?.[file] === undefined)
    return `but ConfigMap/${volume.configMap.name} has no ${file}`;
  if (volume?.secret) {
    const { secretName, items } = volume.secret;
    const key = items ? (items.find((item) => item.path === file)?.key ?? '') : file;
    if (inventory.secrets.get(secretName)?.[key] === undefined) return `but Secret/${secretName} has no ${key || file}`;
  }
  return undefined;
}
