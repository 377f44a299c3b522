import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitionsOf, parseDefinitions } from './definitions';
import { askApi, type Credentials } from './management-api';
import { mountVolume } from './pod-volumes';
import type { ExternalInstallation } from './rabbitmq-installation';
import type { RenderedPod } from './rendered-pod';
import { TestBroker } from './test-broker';

/**
 * Adds the rendered definitions to a broker that runs already, and removes them at the end. Its configuration stays as it is, so tests
 * of ours are not about it. Nothing that existed before is touched: a virtual host or user of the same name is an error, also when another test
 * file put it there (run those with --runInBand).
 */
export async function externalBroker({ url, api }: ExternalInstallation, pod: RenderedPod): Promise<TestBroker> {
  const amqp = new URL(url);
  const root: Credentials = { username: decodeURIComponent(amqp.username), password: decodeURIComponent(amqp.password) };
  const managementUrl = api.endsWith('/') ? api : `${api}/`;
  const ask = async (method: string, path: string, body?: unknown) => (await askApi(managementUrl, root, method, path, body)).status;

  const definitions = parseDefinitions(pod);
  const own = [
    ...definitions.vhosts.map(({ name }) => `/api/vhosts/${encodeURIComponent(name)}`),
    ...definitions.users.map(({ name }) => `/api/users/${encodeURIComponent(name)}`),
  ];
  for (const path of own) {
    const status = await ask('GET', path);
    if (status !== 404)
      throw new Error(`${managementUrl} answers ${status} to GET ${path}: the tests need an administrator, and that name for themselves`);
  }

  const folder = await mkdtemp(join(tmpdir(), 'warren-users-'));
  const usersPath = pod.prepare.env['USERS_DIR'] ?? '';
  for (const [path, files] of pod.mounts)
    if (path.startsWith(usersPath)) await mountVolume(join(folder, path.slice(usersPath.length)), files);
  const users = definitions.users.map((user) => ({
    ...user,
    password_hash: undefined,
    password: pod.mounts.get(`${usersPath}/${user.name}`)?.['password'],
  }));
  const status = await ask('POST', '/api/definitions', { ...definitions, users });
  if (status >= 300) throw new Error(`${managementUrl} answers ${status} to the definitions`);

  const address = {
    hostname: amqp.hostname,
    amqpPort: Number(amqp.port || 5672),
    managementUrl,
    usersFolder: folder,
    startupPath: pod.startupPath,
    ...definitionsOf(pod),
  };
  return new TestBroker(address, undefined, async () => {
    for (const path of own) await ask('DELETE', path);
    await rm(folder, { recursive: true, force: true });
  });
}
