import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CA_PATH } from '../../constructs/broker-tls';
import { USERS } from '../../constructs/broker-users';
import { freePorts } from './free-ports';
import { environmentOf, find, type Manifest } from './manifests';
import { ManagedProcess } from './processes';
import { python } from './python';
import type { TestBroker } from './test-broker';

const LOGIN = { username: 'admin', password: 'a-login', 'cookie-secret': 'a-cookie' } as const;

/** The rendered Flower: its files and variables, moved to this machine and to the broker of a test. */
export class FlowerProcess {
  static async start(objects: readonly Manifest[], broker: TestBroker): Promise<FlowerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'warren-flower-'));
    const [port = 0] = await freePorts(1);
    const [container] = find(objects, 'Deployment', 'tasks-flower').spec.template.spec.containers;
    const rendered = environmentOf(container);
    const moved = (text: string) =>
      text
        .replaceAll('/etc/warren/flower', folder)
        .replaceAll('/etc/warren/login', join(folder, 'login'))
        .replaceAll('/etc/warren/broker-user', broker.credentialsFolder(USERS.flower))
        .replaceAll(CA_PATH, broker.tlsCa ?? CA_PATH)
        .replaceAll(/@tasks-broker\.[\w-]+\.svc:(5671|5672)/g, `@${broker.host}`)
        .replaceAll(/@tasks-broker\.[\w-]+\.svc:(15671|15672)/g, `@${new URL(broker.managementUrl).host}`)
        .replace(/^port = \d+$/m, `port = ${port}`);
    for (const [file, text] of Object.entries(find(objects, 'ConfigMap', 'tasks-flower-config').data ?? {}))
      await writeFile(join(folder, file), moved(text));
    await mkdir(join(folder, 'login'));
    for (const [key, value] of Object.entries(LOGIN)) await writeFile(join(folder, 'login', key), value);
    const env = Object.fromEntries(Object.entries(rendered).map(([name, value]) => [name, moved(value ?? '')]));
    const [, ...rest] = (container.command as string[]).map(moved);
    const command = [await python('celery-5.7.0'), '-m', 'celery', ...rest];
    return new FlowerProcess(new ManagedProcess(command, { cwd: folder, env: { ...process.env, ...env } }), port, folder);
  }

  private constructor(
    readonly process: ManagedProcess,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  /** A page for somebody who has logged in. */
  async get(path: string): Promise<{ status: number; text: string }> {
    const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`;
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { authorization, connection: 'close' } });
    return { status: response.status, text: await response.text() };
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.folder, { recursive: true });
  }
}
