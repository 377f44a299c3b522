import { connect as tcpConnect } from 'node:net';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { ExternalBroker, RabbitmqCluster, type TaskClusterProps } from '../../constructs';
import { PATHS } from '../../constructs/rabbitmq/paths';
import { USERS } from '../../constructs/broker-users';
import { credentialsFrom } from '../../workers/broker/credentials';
import { Client } from '../../workers/client/client';
import { TLS_ENVIRONMENT, TOPOLOGY_ENVIRONMENT } from '../../workers/environment';
import { add } from '../../workers/tasks';
import { withChannel } from '../support/amqp';
import { startBroker } from '../support/broker';
import type { TestBroker } from '../support/test-broker';
import { TestAuthority } from '../support/certificates';
import { importedBroker } from '../support/imported-broker';
import { askApi } from '../support/management-api';
import { environmentOf, fileOf, type Manifest, NAMESPACE, renderTasks } from '../support/manifests';
import { mountVolume } from '../support/pod-volumes';
import { ManagedProcess } from '../support/processes';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

const PROPS: Partial<TaskClusterProps> = {
  broker: RabbitmqCluster.of({
    nodes: 1,
    resources: { cpu: '100m', memory: '512Mi' },
    storage: '2Gi',
    tls: { certManager: { issuer: 'test' } },
  }),
};
const LOOPBACK = ['127.0.0.1'];

describeReal('a broker that speaks nothing but TLS', () => {
  const objects = renderTasks(PROPS);
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let system: TaskSystem;

  beforeAll(async () => {
    [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('A stranger')];
    system = await TaskSystem.start(objects, await authority.issueFor(objects, LOOPBACK));
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await authority?.remove();
    await stranger?.remove();
  }, 240_000);

  /** Resolves with what was negotiated, or with the code of the error. */
  async function handshake(
    port: string,
    options: ConnectionOptions = {},
  ): Promise<{ error?: string; protocol?: string | null; serial?: string }> {
    const ca = await readFile(system.broker.tlsCa ?? '');
    return new Promise((resolve) => {
      const socket: TLSSocket = tlsConnect({ host: '127.0.0.1', port: system.broker.portOf(port), ca, ...options }, () => {
        resolve({ protocol: socket.getProtocol(), serial: socket.getPeerCertificate().serialNumber });
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code }));
    });
  }

  /** What the log of a client says that was asked to send a task, and could not. */
  async function failureOf(options: { hosts?: readonly string[]; tlsCa?: string }): Promise<string | undefined> {
    const lines: string[] = [];
    const client = new Client({
      hosts: system.broker.hosts,
      credentials: credentialsFrom(system.broker.credentialsFolder(USERS.producer)),
      topology: system.topology,
      log: pino({}, { write: (line) => lines.push(line) }),
      ...options,
    });
    try {
      await expect(client.send(add, [1, 2], { ignoreResult: true })).rejects.toMatchObject({ code: 'timeout' });
    } finally {
      await client.close();
    }
    return (JSON.parse(lines[0] ?? '{}') as { error?: string }).error;
  }

  it('runs a task of our client on our worker', async () => {
    const worker = await system.startWorker('general');
    const job = await system.client().send(add, [2, 3]);
    expect(await job.result({ timeoutSeconds: 10 })).toBe(5);
    expect(await worker.end()).toEqual({ code: 0, signal: null });
  });

  it.each(['amqps', 'management-tls', 'prometheus-tls'])('offers TLS 1.3 and 1.2 on %s, and nothing older', async (port) => {
    expect(await handshake(port)).toMatchObject({ protocol: 'TLSv1.3' });
    expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toMatchObject({ protocol: 'TLSv1.2' });
    // Level 0, or this side would refuse already.
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    expect((await handshake(port, old)).error).toMatch(/ALERT_PROTOCOL_VERSION/);
  });

  it.each([
    'tasks-broker',
    `tasks-broker.${NAMESPACE}`,
    `tasks-broker.${NAMESPACE}.svc`,
    `tasks-broker.${NAMESPACE}.svc.cluster.local`,
    `tasks-broker-0.tasks-broker-nodes.${NAMESPACE}`,
    `tasks-broker-0.tasks-broker-nodes.${NAMESPACE}.svc`,
    `tasks-broker-0.tasks-broker-nodes.${NAMESPACE}.svc.cluster.local`,
  ])('shows a certificate for %s', async (servername) => expect(await handshake('amqps', { servername })).not.toHaveProperty('error'));

  it('shows none for other names', async () =>
    expect(await handshake('amqps', { servername: `tasks-broker.elsewhere.svc` })).toEqual({ error: 'ERR_TLS_CERT_ALTNAME_INVALID' }));

  it('has no plain port open', async () => {
    expect(['amqp', 'management', 'prometheus'].map((port) => system.broker.portOf(port))).toEqual([undefined, undefined, undefined]);
    const { listeners } = await system.broker.api<{ listeners: { protocol: string }[] }>('GET', '/api/overview');
    expect(new Set(listeners.map(({ protocol }) => protocol))).toEqual(new Set(['amqp/ssl', 'clustering', 'https', 'https/prometheus']));
    // And who greets in plain is shown the door.
    expect(await plainGreeting(system.broker.portOf('amqps') ?? 0)).not.toContain('RabbitMQ');
  });

  it('is not used by clients that do not trust it, and their log says why', async () => {
    const { amqpPort } = system.broker;
    const failures = await Promise.all([
      failureOf({ tlsCa: stranger.path }),
      failureOf({ tlsCa: 'system' }),
      failureOf({ tlsCa: authority.path, hosts: [`localhost:${amqpPort}`] }),
      failureOf({}),
    ]);
    expect(failures).toEqual([
      expect.stringMatching(/unable to verify|unable to get|self-signed/),
      expect.stringMatching(/unable to verify|unable to get|self-signed/),
      expect.stringMatching(/does not match certificate's altnames/),
      // In plain, its greeting is answered with an alert and the end.
      expect.stringMatching(/closed|ECONNRESET|protocol/i),
    ]);
  });

  it('tells the log of a worker why it is not used', async () => {
    const worker = system.spawnWorker('general', { [TLS_ENVIRONMENT.ca]: stranger.path });
    const [line] = await waitUntil(
      async () => {
        const lines = worker.logged('no connection to the broker');
        return lines.length > 0 ? lines : undefined;
      },
      { what: 'log line' },
    );
    expect(line?.['error']).toMatch(/certificate/);
    expect(await worker.probe('/readyz')).toBe(503);
    await worker.end();
  });

  describe('and its management API', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'warren-tls-'));
      await writeFile(join(folder, 'definitions.json'), fileOf(objects, 'tasks-broker-config', 'definitions.json'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** Runs the rendered Job's container on this machine. */
    function runJob(tlsCa: string): ManagedProcess {
      const [container] = (objects.find(({ kind }) => kind === 'Job') as Manifest).spec.template.spec.containers;
      const rendered = environmentOf(container);
      expect(rendered[TLS_ENVIRONMENT.ca]).toBe('/etc/warren/broker-ca/ca.crt');
      const env = {
        ...process.env,
        ...rendered,
        [TOPOLOGY_ENVIRONMENT.definitions]: join(folder, 'definitions.json'),
        [TOPOLOGY_ENVIRONMENT.users]: dirname(system.broker.credentialsFolder('admin')),
        [TOPOLOGY_ENVIRONMENT.managementUrl]: system.broker.managementUrl,
        [TLS_ENVIRONMENT.ca]: tlsCa,
      };
      return new ManagedProcess([process.execPath, join(__dirname, '../../lib/workers/main.js'), ...container.args], { env });
    }

    it('is where the topology Job works', async () => {
      const job = runJob(authority.path);
      expect(await job.exit).toEqual({ code: 0, signal: null });
      expect(job.output).toContain('the broker is as declared');
    });

    it('is not asked by a topology Job that trusts another authority', async () => {
      const job = runJob(stranger.path);
      await job.waitForOutput(/"reason":"GET api\/nodes: no answer: [^"]*certificate/);
      await job.stop();
    });

    it('gives KEDA counts, to a name that is in the certificate alone', async () => {
      const keda = await system.broker.credentials(USERS.keda);
      const ask = (url: string, ca: string) => askApi(url, keda, 'GET', '/api/queues/tasks/small', undefined, ca);
      expect(await ask(system.broker.managementUrl, authority.path)).toMatchObject({ status: 200, body: { name: 'small' } });
      const other = system.broker.managementUrl.replace('127.0.0.1', 'localhost');
      await expect(ask(other, authority.path)).rejects.toThrow(/does not match certificate/);
    });

    it('has metrics beside it', async () => {
      const url = `https://127.0.0.1:${system.broker.portOf('prometheus-tls')}/`;
      const { status, body } = await askApi(url, { username: '', password: '' }, 'GET', '/metrics', undefined, authority.path);
      expect(status).toBe(200);
      expect(body).toContain('rabbitmq_identity_info');
    });
  });

  describe('and is the external broker of another system', () => {
    const render = () =>
      renderTasks({
        broker: ExternalBroker.of({
          hosts: system.broker.hosts,
          managementUrl: system.broker.managementUrl,
          tls: { caSecret: 'our-ca', caKey: 'bundle.pem' },
          secret: 'cloud',
        }),
        virtualHost: 'others',
      });

    it('gets its queues from the script that asks over TLS', async () => {
      const imported = await importedBroker(system.broker, render(), {
        'our-ca': { 'bundle.pem': await readFile(authority.path, 'utf8') },
      });
      const queues = await system.broker.api<{ name: string }[]>('GET', '/api/queues/others?disable_stats=true');
      expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(['small', 'large.dlq']));
      await imported.stop();
    });

    it('gets nothing from a script that trusts another authority', async () =>
      expect(
        importedBroker(system.broker, render(), { 'our-ca': { 'bundle.pem': await readFile(stranger.path, 'utf8') } }),
      ).rejects.toThrow(/certificate/));
  });

  it('takes a new certificate of a new authority without a restart, and so does a worker', async () => {
    const worker = await system.startWorker('general');
    const { serial } = await handshake('amqps');
    const [{ os_pid }] = (await system.broker.api<[{ os_pid: string }]>('GET', '/api/nodes')) as [{ os_pid: string }];
    const [secret] = Object.values(await stranger.issueFor(objects, LOOPBACK));
    await mountVolume(system.broker.own.path(PATHS.tls), secret ?? {});
    // What happens by itself within minutes.
    await system.broker.ctl('eval', 'ssl:clear_pem_cache().');
    const renewed = await handshake('amqps');
    expect(renewed.serial).toBeDefined();
    expect(renewed.serial).not.toBe(serial);
    const before = worker.logged('connected').length;
    await system.broker.ctl('close_all_connections', '--vhost', system.broker.virtualHost, 'test');
    await waitUntil(async () => worker.logged('connected').length > before, {
      what: `worker on the new certificate; its output: ${worker.process.output}`,
    });
    const job = await system.client().send(add, [20, 3]);
    expect(await job.result({ timeoutSeconds: 10 })).toBe(23);
    expect(await system.broker.api('GET', '/api/nodes')).toMatchObject([{ os_pid }]);
    await worker.end();
  });
});

describeReal('a broker in migration to TLS', () => {
  const objects = renderTasks({ broker: RabbitmqCluster.of({ nodes: 1, tls: { certManager: { issuer: 'test' }, plain: true } }) });
  let authority: TestAuthority;
  let broker: TestBroker;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    broker = await startBroker({ objects, secrets: await authority.issueFor(objects, LOOPBACK) });
  }, 240_000);
  afterAll(async () => {
    await broker?.stop();
    await authority?.remove();
  }, 240_000);

  it('serves clients with TLS and without', async () => {
    await withChannel(broker, USERS.producer, (channel) => channel.checkQueue('small'));
    expect(await plainGreeting(broker.portOf('amqp') ?? 0)).toContain('RabbitMQ');
    const { listeners } = await broker.api<{ listeners: { protocol: string }[] }>('GET', '/api/overview');
    expect(new Set(listeners.map(({ protocol }) => protocol))).toEqual(
      new Set(['amqp', 'amqp/ssl', 'clustering', 'http', 'https', 'http/prometheus', 'https/prometheus']),
    );
  });
});

/** What a server says to somebody who greets it in plain AMQP. */
async function plainGreeting(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = tcpConnect(port, '127.0.0.1', () => socket.write('AMQP\0\0\u0009\u0001'));
    socket.on('data', (data) => {
      said += data.toString('latin1');
      if (said.includes('RabbitMQ')) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
}
