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
import { TestAuthority } from '../support/certificates';
import { importedBroker } from '../support/imported-broker';
import { askApi } from '../support/management-api';
import { environmentOf, fileOf, type Manifest, NAMESPACE, renderTasks } from '../support/manifests';
import { mountVolume } from '../support/pod-volumes';
import { ManagedProcess } from '../support/processes';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(60_000);

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
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await authority?.remove();
    await stranger?.remove();
  }, 60_000);

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

  const clientWith = (options: { hosts?: readonly string[]; tlsCa?: string }): Client =>
    new Client({
      hosts: system.broker.hosts,
      credentials: credentialsFrom(system.broker.credentialsFolder(USERS.producer)),
      topology: system.topology,
      log: pino({ level: 'silent' }),
      ...options,
    });

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
    expect(await plainGreeting(system.broker.portOf('amqps') ?? 0)).not.toContain('AMQP');
  });

  it.each<[string, () => Parameters<typeof clientWith>[0]]>([
    ['that trusts another authority', () => ({ tlsCa: stranger.path })],
    ['that trusts public authorities only', () => ({ tlsCa: 'system' })],
    [
      'that calls it by a name which is not in the certificate',
      () => ({ hosts: [`localhost:${system.broker.amqpPort}`], tlsCa: authority.path }),
    ],
    ['that speaks plain', () => ({})],
  ])('is not used by a client %s', async (_, options) => {
    const client = clientWith(options());
    try {
      await expect(client.send(add, [1, 2], { ignoreResult: true })).rejects.toMatchObject({ code: 'timeout' });
    } finally {
      await client.close();
    }
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

/** What a server says to somebody who greets it in plain AMQP. */
async function plainGreeting(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = tcpConnect(port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01'));
    socket.on('data', (data) => (said += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
}
