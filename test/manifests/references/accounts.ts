import { ENVIRONMENT } from '../../../workers/environment';
import { type Container, type Inventory, type Pod, variablesOf } from './inventory';

/** How Flower's settings name the folder of their broker user: `user = quoted("/folder", "username")`. */
const ACCOUNT_FOLDER = /^user = quoted\("([^"]+)", "username"\)$/gm;

/** Whoever logs in to the broker does it as a user that the definitions have, with permissions for what it does. */
export function accountsProblems(inventory: Inventory): string[] {
  return [
    ...definedUserProblems(inventory),
    ...inventory.pods.flatMap((pod) =>
      pod.containers.flatMap((container) =>
        accountFolders(inventory, pod, container).flatMap((folder) => {
          const secret = secretAt(pod, container, folder);
          return secret === undefined ? [`${pod.id}: no Secret is mounted at ${folder}`] : accountProblems(inventory, pod.id, secret);
        }),
      ),
    ),
  ];
}

/** Problems of the user whose name and password are in a Secret. */
export function accountProblems(inventory: Inventory, id: string, secret: string, tags?: readonly string[]): string[] {
  if (inventory.isGiven(secret)) return [];
  const { definitions, topology } = inventory;
  const name = userOf(inventory, secret);
  const user = definitions.users.find((candidate) => candidate.name === name);
  if (!user) return [`${id}: user ${name} of Secret/${secret} is not in definitions.json`];
  return [
    ...(secretsOfBroker(inventory).has(secret) ? [] : [`${id}: the broker does not know Secret/${secret}, so its password differs`]),
    ...(definitions.permissions.some((entry) => entry.user === name && entry.vhost === topology.virtualHost)
      ? []
      : [`${id}: user ${name} has no permissions in virtual host ${topology.virtualHost}`]),
    ...(!tags || user.tags.some((tag) => tags.includes(tag)) ? [] : [`${id}: user ${name} has none of the tags ${tags.join(', ')}`]),
  ];
}

/** The user name that a Secret will hold. */
export function userOf({ secrets }: Inventory, secret: string): string | undefined {
  const username = secrets.get(secret)?.['username'];
  return typeof username === 'object' ? username.value : undefined;
}

export function secretAt(pod: Pod, { volumeMounts = [] }: Container, folder: string): string | undefined {
  const mount = volumeMounts.find(({ mountPath }) => mountPath === folder);
  return pod.volumes.find(({ name }) => name === mount?.name)?.secret?.secretName;
}

/** Every user of the definitions has a folder with a Secret for that very name, from which its hash is made. */
function definedUserProblems(inventory: Inventory): string[] {
  const mounted = [...secretsOfBroker(inventory)].map(([secret, folder]) => ({ secret, folder, user: userOf(inventory, secret) }));
  return [
    ...inventory.definitions.users.flatMap(({ name, password_hash }) => [
      ...(mounted.some(({ folder, user }) => folder.endsWith(`/${name}`) && user === name)
        ? []
        : [`definitions.json: user ${name} has no Secret in the broker`]),
      ...(password_hash === `HASH(${name})` ? [] : [`definitions.json: the hash of user ${name} is never filled in`]),
    ]),
    ...mounted
      .filter(({ user }) => !inventory.definitions.users.some(({ name }) => name === user))
      .map(({ secret, user }) => `definitions.json: has no user ${user}, but the broker mounts Secret/${secret}`),
  ];
}

/** Secret -> folder of every user that the broker's init container, or the import of an external broker, reads. */
function secretsOfBroker({ imported, pods }: Inventory): Map<string, string> {
  if (imported) return new Map([...imported].map(([user, secret]) => [secret, `/${user}`]));
  return new Map(
    pods.flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const users = variablesOf(container).get('USERS_DIR');
        const mounts = (container.volumeMounts ?? []).filter(({ mountPath }) => users !== undefined && mountPath.startsWith(`${users}/`));
        return mounts.flatMap(({ mountPath }): [string, string][] => {
          const secret = secretAt(pod, container, mountPath);
          return secret === undefined ? [] : [[secret, mountPath]];
        });
      }),
    ),
  );
}

function accountFolders(inventory: Inventory, pod: Pod, container: Container): string[] {
  const texts = inventory.mountedFiles(pod, container).flatMap(({ files }) => Object.values(files));
  const folder = variablesOf(container).get(ENVIRONMENT.brokerCredentials);
  return [
    ...new Set([
      ...texts.flatMap((text) => [...text.matchAll(ACCOUNT_FOLDER)].map(([, path = '']) => path)),
      ...(folder === undefined ? [] : [folder]),
    ]),
  ];
}
