import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { RABBITMQ_LINES } from '../../constructs';
import { inform } from './cache';
import { run } from './processes';
import { debootstrapRabbitmq } from './rabbitmq-debootstrap';

/** Something on this machine that can run RabbitMQ nodes. */
export type NodeInstallation =
  /** Scripts such as rabbitmq-server in a folder. */
  | { readonly kind: 'local'; readonly bin: string; readonly version: string }
  | { readonly kind: 'docker'; readonly image: string; readonly version: string }
  /** A Debian with RabbitMQ in it, used through chroot. */
  | { readonly kind: 'debootstrap'; readonly root: string; readonly version: string };

/** A broker that runs already; tests add their objects to it. */
export interface ExternalInstallation {
  readonly kind: 'external';
  /** AMQP URL of an administrator. */
  readonly url: string;
  /** URL of the management API. */
  readonly api: string;
}

export type RabbitmqInstallation = NodeInstallation | ExternalInstallation;

/** Set by the global setup: the installation as JSON, so that test files do not search again. */
export const INSTALLATION_VARIABLE = 'WARREN_TEST_RABBITMQ';

/** Here Debian keeps RabbitMQ's own scripts; those of the same names in /usr/sbin insist on a user and on paths. */
export const DEBIAN_SCRIPTS = '/usr/lib/rabbitmq/bin';
const LOCAL_FOLDERS = [DEBIAN_SCRIPTS, '/opt/rabbitmq/sbin'];
const OLDEST = [4, 2] as const;
const { patch } = RABBITMQ_LINES['4.3'];
const IMAGE = `rabbitmq:${patch}-management`;

const HELP = 'install rabbitmq-server >= 4.2, start Docker, set WARREN_TEST_RABBITMQ_URL, or run `SKIP_BROKER=1 npm test`';

export async function rabbitmqInstallation(): Promise<RabbitmqInstallation> {
  const known = process.env[INSTALLATION_VARIABLE];
  return known === undefined ? findRabbitmq() : (JSON.parse(known) as RabbitmqInstallation);
}

/** The first way to run RabbitMQ that works here; the last of them installs it. */
export async function findRabbitmq(): Promise<RabbitmqInstallation> {
  const given = external();
  if (given) return given;
  const tried = ['WARREN_TEST_RABBITMQ_URL is not set'];
  for (const find of [local, docker, debootstrap]) {
    try {
      return await find();
    } catch (error) {
      tried.push((error as Error).message);
    }
  }
  throw new Error(`nothing here can run RabbitMQ (${tried.join('; ')}): ${HELP}`);
}

function external(): ExternalInstallation | undefined {
  const url = process.env['WARREN_TEST_RABBITMQ_URL'];
  if (!url) return undefined;
  const api = process.env['WARREN_TEST_RABBITMQ_API'];
  if (!api) throw new Error('WARREN_TEST_RABBITMQ_URL needs WARREN_TEST_RABBITMQ_API beside it: the URL of the management API');
  return { kind: 'external', url, api };
}

async function local(): Promise<NodeInstallation> {
  const folders = [...LOCAL_FOLDERS, ...(process.env['PATH'] ?? '').split(delimiter)];
  const seen: string[] = [];
  for (const bin of folders) {
    const version = await versionIn(bin);
    if (version !== undefined && isRecent(version)) return { kind: 'local', bin, version };
    if (version !== undefined) seen.push(`${version} in ${bin}`);
  }
  throw new Error(`no rabbitmq-server >= ${OLDEST.join('.')} on PATH${seen.map((each) => `, only ${each}`).join('')}`);
}

async function docker(): Promise<NodeInstallation> {
  await run(['docker', 'info']).catch(() => Promise.reject(new Error('no Docker engine answers')));
  const present = await run(['docker', 'image', 'inspect', IMAGE]).catch(() => undefined);
  if (present === undefined) await inform(`pulling ${IMAGE}`, () => run(['docker', 'pull', IMAGE]));
  return { kind: 'docker', image: IMAGE, version: patch };
}

async function debootstrap(): Promise<NodeInstallation> {
  const root = await debootstrapRabbitmq();
  const version = await versionIn(join(root, DEBIAN_SCRIPTS));
  if (version === undefined || !isRecent(version))
    throw new Error(`Debian sid has only RabbitMQ ${version} (delete ${root} to fetch it again)`);
  return { kind: 'debootstrap', root, version };
}

/** Read from the name of the plugin beside the scripts: asking `rabbitmqctl version` would leave an epmd behind. */
async function versionIn(bin: string): Promise<string | undefined> {
  const script = await realpath(join(bin, 'rabbitmq-server')).catch(() => undefined);
  if (script === undefined) return undefined;
  const plugins = await readdir(join(script, '..', '..', 'plugins')).catch(() => []);
  return plugins.map((plugin) => /^rabbit-(\d+\.\d+.*)$/.exec(plugin)?.[1]).find((version) => version !== undefined);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
