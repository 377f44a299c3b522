import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { USERS, workerUser } from '../../constructs/broker-users';
import { credentialsFrom } from '../../workers/broker/credentials';
import { Client, type ClientOptions } from '../../workers/client/client';
import { ENVIRONMENT, TLS_ENVIRONMENT } from '../../workers/environment';
import { decodeTopology, type Topology } from '../../workers/topology';
import { type BrokerOptions, startBroker } from './broker';
import { fileOf, environmentOf, find, type Manifest } from './manifests';
import { ManagedProcess } from './processes';
import type { KubernetesObject } from './rendered-pod';
import type { TestBroker } from './test-broker';
import { WorkerProcess } from './worker-process';

/** Programs a worker process can run. */
export const PROGRAMS = {
  /** The image's own. */
  image: join(__dirname, '../../lib/workers/main.js'),
  /** With the tasks of test/support/test-worker. */
  test: join(__dirname, 'test-worker/main.js'),
  /** With the tasks that test/interop/same_tasks.py has, too. */
  same: join(__dirname, 'test-worker/same.js'),
} as const;

/** What a task system needs of its broker: one node, or several. */
export interface SystemBroker {
  /** `host:port` of every node. */
  readonly hosts: readonly string[];
  credentialsFolder(user: string): string;
  /** Whom clients must trust, when it speaks TLS. */
  readonly tlsCa: string | undefined;
  stop(): Promise<void>;
}

/** A rendered task system on a private broker: workers run with the environment that the manifest gives their pods. */
export class TaskSystem<B extends SystemBroker = TestBroker> {
  private readonly workers: WorkerProcess[] = [];
  private readonly clients: Client[] = [];

  private constructor(
    readonly broker: B,
    readonly topology: Topology,
    private readonly objects: readonly Manifest[],
    private readonly folder: string,
  ) {}

  static async start(objects: readonly KubernetesObject[], secrets?: BrokerOptions['secrets']): Promise<TaskSystem> {
    return TaskSystem.on(await startBroker({ objects, secrets }), objects);
  }

  /** On a broker that was started from the same objects; `stop` stops it, too. */
  static async on<B extends SystemBroker>(broker: B, objects: readonly KubernetesObject[]): Promise<TaskSystem<B>> {
    const manifests = objects as readonly Manifest[];
    const text = fileOf(manifests, 'tasks-topology', 'topology.json');
    const folder = await mkdtemp(join(tmpdir(), 'warren-system-'));
    await writeFile(join(folder, 'topology.json'), text);
    return new TaskSystem(broker, decodeTopology(text), manifests, folder);
  }

  /** A client that logs in as the producer. */
  client(results?: ClientOptions['results']): Client {
    const client = new Client({
      hosts: this.broker.hosts,
      credentials: credentialsFrom(this.broker.credentialsFolder(USERS.producer)),
      tlsCa: this.broker.tlsCa,
      topology: this.topology,
      results,
      log: pino({ level: 'silent' }),
    });
    this.clients.push(client);
    return client;
  }

  /** A worker process of a group, not waited for. */
  spawnWorker(group: string, overrides: Readonly<Record<string, string>> = {}, program: string = PROGRAMS.image): WorkerProcess {
    const { containers } = find(this.objects, 'Deployment', `tasks-worker-${group}`).spec.template.spec;
    const env = {
      ...environmentOf(containers[0]),
      [ENVIRONMENT.nodeName]: `${group}@test-${this.workers.length}`,
      [ENVIRONMENT.topology]: join(this.folder, 'topology.json'),
      [ENVIRONMENT.brokerHosts]: this.broker.hosts.join(','),
      [ENVIRONMENT.brokerCredentials]: this.broker.credentialsFolder(workerUser(group)),
      [ENVIRONMENT.healthPort]: '0',
      // There is no pod.
      [ENVIRONMENT.serviceAccount]: '',
      ...(this.broker.tlsCa !== undefined && { [TLS_ENVIRONMENT.ca]: this.broker.tlsCa }),
      ...overrides,
    };
    const child = new ManagedProcess([process.execPath, program, ...containers[0].args], { env: { ...process.env, ...env } });
    const worker = new WorkerProcess(child);
    this.workers.push(worker);
    return worker;
  }

  /** A worker process of a group that takes tasks. */
  async startWorker(
    group: string,
    overrides: Readonly<Record<string, string>> = {},
    program: string = PROGRAMS.image,
  ): Promise<WorkerProcess> {
    const worker = this.spawnWorker(group, overrides, program);
    await worker.ready();
    return worker;
  }

  /** Stops what runs, workers first. */
  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await Promise.all(this.workers.map((worker) => worker.end()));
    await this.broker.stop();
    await rm(this.folder, { recursive: true });
  }
}
