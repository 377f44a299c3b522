import { join } from 'node:path';
import { namespacePath } from './network-namespaces';
import { boundToUs } from './processes';
import { DEBIAN_SCRIPTS, type NodeInstallation } from './rabbitmq-installation';
import type { Environment } from './rendered-pod';

export interface NodeCommand {
  readonly argv: readonly string[];
  readonly env: Environment;
  /** The user of the rendered pod; taken when we are root. */
  readonly uid: number;
  readonly gid: number;
  /** The folder the command works in. */
  readonly folder: string;
  /** Network namespace, with the file `hosts` of the folder as /etc/hosts. @default - this machine's own */
  readonly namespace?: string;
}

export interface HostCommand {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How to run a command of the pod on this machine: as its user, with nothing in the environment but the given variables. */
export function onThisMachine(installation: NodeInstallation, node: NodeCommand): HostCommand {
  if (installation.kind === 'docker') return { command: [...boundToUs('TERM'), ...dockerRun(installation.image, node)], env: process.env };
  const root = installation.kind === 'debootstrap' ? installation.root : '';
  const inRoot = root === '' ? [] : enterRoot(root);
  const inNetwork =
    node.namespace === undefined ? [] : enterNetwork(node.namespace, join(root, node.folder, 'hosts'), join(root, '/etc/hosts'));
  const bin = installation.kind === 'debootstrap' ? DEBIAN_SCRIPTS : installation.bin;
  const asUser = isRoot() ? ['setpriv', '--reuid', String(node.uid), '--regid', String(node.gid), '--clear-groups', '--no-new-privs'] : [];
  return {
    // Bound last: a change of user unbinds.
    command: [...inNetwork, ...inRoot, ...asUser, ...boundToUs('TERM'), ...node.argv],
    env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, LANG: 'C.UTF-8', ...node.env },
  };
}

/** RabbitMQ reads its own memory use from /proc. The mount is in a namespace of its own and goes when the last process there ends. */
function enterRoot(root: string): string[] {
  return ['unshare', `--root=${root}`, '--mount-proc'];
}

/** A hosts file of its own stands for the cluster's DNS; the mount goes when the last process there ends. */
function enterNetwork(namespace: string, hosts: string, target: string): string[] {
  const script = '[ -e "$2" ] || : >"$2"; mount --bind "$1" "$2"; shift 2; exec "$@"';
  return ['nsenter', `--net=${namespacePath(namespace)}`, 'unshare', '--mount', 'sh', '-euc', script, 'sh', hosts, target];
}

function dockerRun(image: string, { argv, env, uid, gid, folder }: NodeCommand): string[] {
  const owner = isRoot() ? `${uid}:${gid}` : `${process.getuid?.()}:${process.getgid?.()}`;
  const restricted = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--user', owner];
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const [entrypoint = '', ...args] = argv;
  const place = ['--network', 'host', '--volume', `${folder}:${folder}`, '--entrypoint', entrypoint];
  return ['docker', 'run', '--rm', ...restricted, ...place, ...variables, image, ...args];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
