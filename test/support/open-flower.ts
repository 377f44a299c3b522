import { USERS } from '../../constructs/broker-users';
import { freePorts } from './free-ports';
import { ManagedProcess } from './processes';
import { python } from './python';
import type { TestBroker } from './test-broker';
import { waitUntil } from './wait-until';

/** A running Flower that logs in to the broker as the rendered one does; its web page asks for no login. */
export class OpenFlower {
  private constructor(
    private readonly process: ManagedProcess,
    private readonly url: string,
  ) {}

  static async start(broker: TestBroker): Promise<OpenFlower> {
    const [port] = await freePorts(1);
    const { username, password } = await broker.credentials(USERS.flower);
    const api = new URL('api/', broker.managementUrl);
    api.username = username;
    api.password = encodeURIComponent(password);
    const options = ['--address=127.0.0.1', `--port=${port}`, `--broker_api=${api.href}`];
    const env = { ...process.env, CELERY_BROKER_URL: await broker.amqpUrl(USERS.flower), FLOWER_UNAUTHENTICATED_API: 'true' };
    const child = new ManagedProcess([await python('celery-5.7.0'), '-m', 'celery', 'flower', ...options], { env });
    const flower = new OpenFlower(child, `http://127.0.0.1:${port}`);
    await waitUntil(async () => (await flower.get('/healthcheck')).status === 200, { timeoutMs: 30_000, what: 'Flower' });
    return flower;
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    return this.ask('GET', path);
  }

  async post(path: string): Promise<{ status: number; text: string }> {
    return this.ask('POST', path);
  }

  /** The JSON that a path of the API answers. */
  async json(path: string): Promise<any> {
    const { status, text } = await this.get(path);
    if (status !== 200) throw new Error(`Flower answers ${status} to ${path}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  get output(): string {
    return this.process.output;
  }

  async stop(): Promise<void> {
    await this.process.stop('SIGTERM', 20_000);
  }

  private async ask(method: string, path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(this.url + path, { method, headers: { connection: 'close' }, signal: AbortSignal.timeout(20_000) });
    return { status: response.status, text: await response.text() };
  }
}
