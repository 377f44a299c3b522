import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './apt';
import { run } from './processes';
import { currentRun, folderPrefix, runOf } from './test-run';

/** Here `ip netns` keeps named namespaces. */
const FOLDER = '/run/netns';

export function namespacePath(name: string): string {
  return join(FOLDER, name);
}

/** A private network: hosts in namespaces of their own behind one switch, which this machine reaches, too. Nothing of it leaves the machine. */
export interface PrivateNetwork {
  /** Names of the hosts' namespaces and their addresses. */
  readonly hosts: readonly { readonly namespace: string; readonly address: string }[];
  remove(): Promise<void>;
}

/**
 * Makes a network of 10.77.x.0/24. The switch lives in a namespace of its own, and a cable in this machine's namespace goes with its other
 * end: so removing the namespaces removes everything.
 */
export async function privateNetwork(size: number): Promise<PrivateNetwork> {
  await ensure('ip', '-Version', 'iproute2');
  const hub = `${folderPrefix(currentRun())}${randomBytes(3).toString('hex')}`;
  await ip('netns', 'add', hub);
  const created = [hub];
  const remove = () => removeNamespaces(created);
  try {
    const { subnet, cable } = await plugIn(hub);
    await ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge');
    await ip('-n', hub, 'link', 'set', 'switch', 'up');
    await ip('-n', hub, 'link', 'set', 'uplink', 'master', 'switch', 'up');
    await ip('addr', 'add', `${subnet}.1/24`, 'dev', cable);
    await ip('link', 'set', cable, 'up');
    const hosts = [];
    for (let index = 0; index < size; index++) {
      const [namespace, address] = [`${hub}-${index}`, `${subnet}.${10 + index}`];
      await ip('netns', 'add', namespace);
      created.push(namespace);
      await ip('-n', hub, 'link', 'add', `port${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      await ip('-n', hub, 'link', 'set', `port${index}`, 'master', 'switch', 'up');
      await ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      await ip('-n', namespace, 'link', 'set', 'lo', 'up');
      hosts.push({ namespace, address });
    }
    return { hosts, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * From now on nothing passes between a host and these addresses, and nobody is told: packets vanish.
 * @returns ends it
 */
export async function dropPackets(namespace: string, addresses: readonly string[]): Promise<() => Promise<void>> {
  await ensure('nft', '--version', 'nftables');
  const nft = (...args: readonly string[]) => run(['nsenter', `--net=${namespacePath(namespace)}`, 'nft', ...args]);
  const list = addresses.join(', ');
  const chain = (hook: string, end: string) => `chain ${hook} { type filter hook ${hook} priority 0; ip ${end} { ${list} } drop; };`;
  await nft(`table inet cut { ${chain('input', 'saddr')} ${chain('output', 'daddr')} }`);
  return async () => void (await nft('delete', 'table', 'inet', 'cut'));
}

/** Removes the namespaces of runs. */
export async function removeNamespacesOf(isMeant: (run: string) => boolean): Promise<void> {
  const names = await readdir(FOLDER).catch(() => []);
  await removeNamespaces(names.filter((name) => isMeant(runOf(name))));
}

/**
 * Connects this machine with the hub over the first subnet that is free: nothing but the default route leads there, and no other test
 * has a cable of that name.
 */
async function plugIn(hub: string): Promise<{ subnet: string; cable: string }> {
  let failure: unknown;
  for (let third = 0; third < 256; third++) {
    const [subnet, cable] = [`10.77.${third}`, `warren${third}`];
    const routes = await ip('-4', 'route', 'show', 'match', `${subnet}.1`);
    if (routes.split('\n').some((line) => line !== '' && !line.startsWith('default'))) continue;
    try {
      await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', hub);
      return { subnet, cable };
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('no subnet of 10.77.0.0/16 is free', { cause: failure });
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    await ip('netns', 'del', name).catch(async (error: unknown) => {
      // Another run may have tidied up meanwhile.
      if ((await readdir(FOLDER)).includes(name)) throw error;
    });
  }
}

/** A command of a Debian package. */
async function ensure(command: string, version: string, debianPackage: string): Promise<void> {
  const has = await run([command, version]).catch(() => undefined);
  if (has === undefined) await installPackages(debianPackage);
}

async function ip(...args: readonly string[]): Promise<string> {
  return run(['ip', ...args]);
}
