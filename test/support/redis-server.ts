import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { redisOptions } from '../../workers/results/choose';
import { openRedis, type RedisConnection, type RedisOptions } from '../../workers/results/redis-connection';
import { RESULTS_ENVIRONMENT } from '../../workers/environment';
import { freePorts } from './free-ports';
import { boundToUs, ManagedProcess, run } from './processes';
import { redisInstallation } from './redis-installation';
import { currentRun, folderPrefix } from './test-run';
import { waitUntil } from './wait-until';

export const SILENT = pino({ level: 'silent' });

/** A private Redis with a password, which tests can hurt. What it has stored survives `stop`. */
export class RedisServer {
  private process: ManagedProcess | undefined;
  private password = 'first, with a blank';

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly tls: boolean,
  ) {}

  static async start({ tls = false } = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), folderPrefix(currentRun())));
    const [port = 0] = await freePorts(1);
    const server = new RedisServer(folder, port, tls);
    await mkdir(server.credentialsFolder);
    await writeFile(join(server.credentialsFolder, 'username'), 'default');
    await server.writePassword();
    if (tls) await server.makeCertificates();
    await server.resume();
    return server;
  }

  get url(): string {
    return this.tls ? `rediss://localhost:${this.port}/1` : `redis://127.0.0.1:${this.port}/1`;
  }

  /** As Python's clients take it. */
  get urlWithPassword(): string {
    return `redis://default:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}/1`;
  }

  /** What the pod mounts. */
  get credentialsFolder(): string {
    return join(this.folder, 'credentials');
  }

  /** For the client in this process. */
  get options(): RedisOptions {
    return redisOptions({ url: this.url, credentials: this.credentialsFolder, expireSeconds: 0 });
  }

  /** For worker processes; through another port if something stands between. */
  environment(port = this.port): Record<string, string> {
    return {
      [RESULTS_ENVIRONMENT.backend]: 'redis',
      [RESULTS_ENVIRONMENT.redisUrl]: this.url.replace(String(this.port), String(port)),
      [RESULTS_ENVIRONMENT.redisCredentials]: this.credentialsFolder,
    };
  }

  /** Uses a connection for one piece of work. */
  async use<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const { connection } = await openRedis(this.options, 'test');
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }

  /** Starts it with what it had stored. */
  async resume(): Promise<void> {
    const installation = redisInstallation();
    if ('missing' in installation) throw new Error(installation.missing);
    const conf = join(this.folder, 'redis.conf');
    await writeFile(conf, this.configuration());
    this.process = new ManagedProcess([...boundToUs('KILL'), installation.program, conf]);
    await waitUntil(async () => this.use(async (connection) => connection.ping()), { what: 'answer of Redis', timeoutMs: 30_000 });
  }

  /** It is away, and what it has stored comes back with `resume`. */
  async stop(): Promise<void> {
    if (this.process?.running) await this.process.stop('SIGKILL');
  }

  /** It says nothing any more, and its connections stand. */
  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.process?.signal('SIGCONT');
  }

  /** Another password, here and in the mounted files; all connections are closed. */
  async changePassword(password: string): Promise<void> {
    await this.use(async (connection) => connection.configSet('requirepass', password));
    this.password = password;
    await this.writePassword();
    for (const type of ['normal', 'pubsub'])
      await this.use(async (connection) => connection.sendCommand(['CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes']));
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private configuration(): string {
    const plain = [`port ${this.port}`];
    const encrypted = [
      'port 0',
      `tls-port ${this.port}`,
      `tls-cert-file ${join(this.folder, 'server.crt')}`,
      `tls-key-file ${join(this.folder, 'server.key')}`,
      'tls-auth-clients no',
    ];
    return [
      ...(this.tls ? encrypted : plain),
      'bind 127.0.0.1',
      `requirepass "${this.password}"`,
      `dir ${this.folder}`,
      'save ""',
      'appendonly yes',
      'appendfsync always',
      '',
    ].join('\n');
  }

  private async writePassword(): Promise<void> {
    await writeFile(join(this.credentialsFolder, 'password'), `${this.password}\n`);
  }

  /** An authority that no machine trusts, and a certificate of it for localhost. */
  private async makeCertificates(): Promise<void> {
    const [authority, server] = ['ca', 'server'].map((name) => join(this.folder, name));
    const key = (path: string, name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${path}.key`, '-subj', `/CN=${name}`];
    const ca = join(this.credentialsFolder, 'ca.crt');
    await run(['openssl', 'req', '-x509', ...key(`${authority}`, 'authority of a test'), '-days', '2', '-out', ca]);
    const names = ['-addext', 'subjectAltName=DNS:localhost'];
    const signed = ['-x509', '-CA', ca, '-CAkey', `${authority}.key`, '-days', '2', '-out', `${server}.crt`];
    await run(['openssl', 'req', ...key(`${server}`, 'localhost'), ...names, ...signed]);
    if (!existsSync(`${server}.crt`)) throw new Error('openssl made no certificate');
  }
}
