import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { USERS } from '../../constructs/broker-users';
import { askApi, type Credentials } from './management-api';
import type { PrivateNode } from './private-node';
import { probe } from './probe';
import { tail } from './processes';
import { waitUntil } from './wait-until';

export interface QueueDepth {
  readonly ready: number;
  readonly unacknowledged: number;
  readonly total: number;
}

export interface BrokerAddress {
  readonly hostname: string;
  readonly amqpPort: number;
  /** Root of the management API, with a trailing slash. */
  readonly managementUrl: string;
  readonly virtualHost: string;
  /** Queues that the definitions declare. */
  readonly queues: readonly string[];
  /** Folder with a folder for each user, as the pods mount them. */
  readonly usersFolder: string;
  /** Path that the rendered startup probe asks for. */
  readonly startupPath: string;
  /** Ports by the name that the pod gives them. */
  readonly ports?: Readonly<Record<string, number>>;
  /** File with the authorities that vouch for the broker; none when it speaks plain. */
  readonly tlsCa?: string;
}

const BOOT_DEADLINE = 180_000;

/** A running broker with the rendered users and queues, and what tests need to use it and to hurt it. */
export class TestBroker {
  readonly amqpPort: number;
  /** `hostname:port`, as in WARREN_BROKER_HOSTS. */
  readonly host: string;
  readonly managementUrl: string;
  readonly virtualHost: string;
  /** Whom clients must trust, when the broker speaks TLS. */
  readonly tlsCa: string | undefined;
  /** All hosts, as clients get them. */
  readonly hosts: readonly string[];
  /** Seconds from the start of the init container until clients were served, at the last start; none for a broker of somebody else. */
  bootSeconds: number | undefined;

  constructor(
    private readonly address: BrokerAddress,
    private readonly node: PrivateNode | undefined,
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.amqpPort = address.amqpPort;
    this.host = `${address.hostname}:${address.amqpPort}`;
    this.hosts = [this.host];
    this.managementUrl = address.managementUrl;
    this.virtualHost = address.virtualHost;
    this.tlsCa = address.tlsCa;
  }

  /** The port that the pod calls so; undefined when it has none of that name. */
  portOf(name: string): number | undefined {
    return this.address.ports?.[name];
  }

  /** The folder that the user's pod mounts: files `username` and `password`. */
  credentialsFolder(user: string): string {
    return join(this.address.usersFolder, user);
  }

  async credentials(user: string): Promise<Credentials> {
    const [username, password] = await Promise.all(
      ['username', 'password'].map((file) => readFile(join(this.credentialsFolder(user), file), 'utf8')),
    );
    return { username: username ?? '', password: password ?? '' };
  }

  /** AMQP URL for clients that take one; Warren's own take host and credentials folder. */
  async amqpUrl(user: string): Promise<string> {
    const { username, password } = await this.credentials(user);
    const [name, secret, vhost] = [username, password, this.virtualHost].map(encodeURIComponent);
    return `${this.tlsCa === undefined ? 'amqp' : 'amqps'}://${name}:${secret}@${this.host}/${vhost}`;
  }

  /** The management API's answer to the administrator; fails unless the status is 2xx. */
  async api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await askApi(this.managementUrl, await this.credentials(USERS.admin), method, path, body, this.tlsCa);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** Counts of a queue, at most half a second old on a private node. */
  async queueDepth(name: string): Promise<QueueDepth> {
    const path = `/api/queues/${[this.virtualHost, name].map(encodeURIComponent).join('/')}?disable_stats=true&enable_queue_totals=true`;
    type Counts = { messages?: number; messages_ready?: number; messages_unacknowledged?: number };
    const counted = async () => {
      const { messages, messages_ready: ready, messages_unacknowledged: unacknowledged } = await this.api<Counts>('GET', path);
      return messages === undefined ? undefined : { total: messages, ready: ready ?? 0, unacknowledged: unacknowledged ?? 0 };
    };
    return waitUntil(counted, { what: `counts of queue ${name}` });
  }

  /** `rabbitmqctl` beside the node. */
  async ctl(...argv: string[]): Promise<string> {
    return this.own.exec('rabbitmqctl', ...argv);
  }

  get running(): boolean {
    return this.own.running;
  }

  logText(): string {
    return this.node?.logText() ?? '';
  }

  /** Starts the node (again, with the same data and ports) and waits until it serves clients and its queues exist. */
  async start(): Promise<void> {
    const node = this.own;
    const started = Date.now();
    await node.start();
    const serves = waitUntil(async () => !node.running || (await this.isReady()), {
      timeoutMs: BOOT_DEADLINE,
      what: 'broker ready',
      intervalMs: 100,
    });
    const failure = await serves.then(
      () => (node.running ? undefined : 'the node ended'),
      (error: Error) => error.message,
    );
    if (failure !== undefined) {
      await node.kill();
      throw new Error(`${failure}; end of its log:\n${tail(node.logText(), 40)}`);
    }
    this.bootSeconds = (Date.now() - started) / 1000;
  }

  /** SIGKILL for all of the node's processes; `start` brings it back. */
  async kill(): Promise<void> {
    await this.own.kill();
  }

  /** Ends the node in good order. Its data goes, too, unless `keepData` says that `start` follows. */
  async stop({ keepData = false } = {}): Promise<void> {
    await this.node?.stop();
    if (!keepData) await this.cleanUp();
  }

  /** The status the startup probe gets; undefined when nobody listens. */
  async startupProbe(): Promise<number | undefined> {
    return probe(new URL(this.address.startupPath, this.managementUrl));
  }

  /** The node itself, for tests that hurt it. */
  get own(): PrivateNode {
    if (!this.node) throw new Error('this test starts and stops nodes: unset WARREN_TEST_RABBITMQ_URL');
    return this.node;
  }

  private async isReady(): Promise<boolean> {
    const started = await this.startupProbe();
    if (started !== 200) throw new Error(`startup probe gets ${started ?? 'no connection'}`);
    const health = await probe(new URL('api/health/checks/ready-to-serve-clients', this.managementUrl));
    if (health !== 200) throw new Error(`health check says ${health}`);
    const queues = await this.api<{ name: string }[]>('GET', `/api/queues/${encodeURIComponent(this.virtualHost)}?disable_stats=true`);
    const missing = this.address.queues.filter((queue) => !queues.some(({ name }) => name === queue));
    if (missing.length > 0) throw new Error(`queues ${missing.join(', ')} are missing`);
    return true;
  }
}

/** Waits until a queue holds just this: the broker's counts are a little behind. */
export async function waitForDepth(broker: TestBroker, queue: string, depth: QueueDepth): Promise<void> {
  await waitUntil(
    async () => {
      const last = await broker.queueDepth(queue);
      if (!isDeepStrictEqual(last, depth)) throw new Error(`it is ${JSON.stringify(last)}`);
      return true;
    },
    { what: `${JSON.stringify(depth)} in ${queue}` },
  );
}
