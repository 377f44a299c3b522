import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { USERS } from '../../constructs/broker-users';
import type { Definitions } from './definitions';
import { fileOf, find, type Manifest } from './manifests';
import type { Files } from './rendered-pod';
import { generateSecrets } from './secrets';
import { TestBroker } from './test-broker';

/** What import.sh asks of kubectl, answered from files: `get KIND NAME -o go-template=...`. */
const KUBECTL = `#!/bin/bash
set -eu
[ "$1 $3 $6" = "-n get -o" ]
key=$(sed -E 's/.*index .data "([^"]+)".*/\\1/' <<<"$7")
file="$(dirname "$0")/$4/$5/$key"
case $4/$7 in
  configmap/* | *base64decode*) cat "$file" ;;
  *) base64 "$file" ;;
esac
`;

/**
 * The view that a rendered task system has of somebody else's broker, after its owner has run the rendered import.sh. Secrets hold generated
 * passwords, or what is given. Needs bash, coreutils and curl.
 */
export async function importedBroker(
  owner: TestBroker,
  objects: readonly Manifest[],
  given: Readonly<Record<string, Files>> = {},
): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'warren-import-'));
  const secrets = { ...generateSecrets(objects), ...given };
  const files = find(objects, 'ConfigMap', 'tasks-broker-definitions').data ?? {};
  await mount(join(folder, 'configmap/tasks-broker-definitions'), files);
  for (const [name, keys] of Object.entries(secrets)) {
    await mount(join(folder, 'secret', name), keys);
    if (keys['username'] !== undefined) await mount(join(folder, 'users', keys['username']), keys);
  }
  await writeFile(join(folder, 'kubectl'), KUBECTL, { mode: 0o755 });
  await runImport(folder, owner);

  const definitions: Definitions = JSON.parse(fileOf(objects, 'tasks-broker-definitions', 'definitions.json'));
  const virtualHost = definitions.vhosts[0]?.name ?? '/';
  const [hostname = '', port] = owner.host.split(':');
  const address = {
    hostname,
    amqpPort: Number(port),
    managementUrl: owner.managementUrl,
    virtualHost,
    queues: definitions.queues.map(({ name }) => name),
    usersFolder: join(folder, 'users'),
    startupPath: '/api/health/checks/ready-to-serve-clients',
    tlsCa: owner.tlsCa,
  };
  return new TestBroker(address, undefined, async () => {
    await owner.api('DELETE', `/api/vhosts/${encodeURIComponent(virtualHost)}`);
    await rm(folder, { recursive: true });
  });
}

async function mount(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function runImport(folder: string, owner: TestBroker): Promise<void> {
  const script = join(folder, 'configmap/tasks-broker-definitions/import.sh');
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const running = promisify(execFile)('bash', [script, USERS.admin], { env });
  running.child.stdin?.end(`${(await owner.credentials(USERS.admin)).password}\n`);
  const { stdout } = await running;
  if (stdout !== 'imported\n') throw new Error(`import.sh said ${stdout}`);
}
