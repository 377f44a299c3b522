import { connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { RabbitmqCluster } from '../../constructs';
import { add } from '../../workers/tasks';
import { TestAuthority } from '../support/certificates';
import { prepareCluster } from '../support/cluster';
import { describeCluster } from '../support/describe-cluster';
import { renderTasks } from '../support/manifests';
import { note } from '../support/notes';
import { TaskSystem } from '../support/task-system';
import type { TestCluster } from '../support/test-cluster';

jest.setTimeout(240_000);
const BOOT = 180_000;
/** Type of the record, and the major version of every TLS. */
const TLS_ALERT = '\u0015\u0003';

describeCluster('three nodes that speak TLS to each other, too', () => {
  // Without the 28 queues of delayed delivery, which only take time.
  const objects = renderTasks({
    broker: RabbitmqCluster.of({ tls: { certManager: { issuer: 'test' }, interNode: true } }),
    delayedDelivery: false,
  });
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let cluster: TestCluster;
  let system: TaskSystem<TestCluster>;

  beforeAll(async () => {
    [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('A stranger')];
    cluster = await prepareCluster(objects, { secretsFor: (addresses) => authority.issueFor(objects, addresses) });
    await cluster.start();
    note(`three nodes with TLS between them formed a cluster in ${cluster.formationSeconds.toFixed(1)} s`);
    system = await TaskSystem.on(cluster, objects);
  }, BOOT);
  afterAll(async () => {
    await (system ?? cluster)?.stop();
    await authority?.remove();
    await stranger?.remove();
  }, BOOT);

  it('are one cluster', async () => {
    const nodes = await cluster.node(2).api<{ name: string; running: boolean }[]>('GET', '/api/nodes');
    expect(nodes.map(({ running }) => running)).toEqual([true, true, true]);
  });

  it('offer nothing but TLS to each other, and ask for a certificate', async () => {
    const { hostname } = new URL(cluster.node(0).managementUrl);
    const at = { host: hostname, port: cluster.node(0).portOf('distribution') ?? 0 };
    // A TLS alert, and nothing of Erlang's own handshake.
    expect(await greeting(at)).toBe(TLS_ALERT);
    const { 'tls.crt': cert, 'tls.key': key } = await stranger.issue({ dns: ['stranger'], usages: ['client auth'] });
    expect(await handshakeError(at)).toMatch(/ALERT/);
    expect(await handshakeError({ ...at, cert, key })).toMatch(/ALERT_UNKNOWN_CA/);
  });

  it('answer the command line tools, also those of another node', async () => {
    expect(await cluster.node(1).ctl('eval', 'length(rabbit_nodes:list_running()).')).toContain('3');
    expect(await cluster.node(1).ctl('eval', 'init:get_argument(proto_dist).')).toContain('inet_tls');
    expect(await cluster.node(0).ctl('-n', 'rabbit@tasks-broker-1.tasks-broker-nodes.tasks-test', 'ping')).toContain('Ping succeeded');
  });

  it(
    'run a task, also after a node has left through its preStop hook and come back',
    async () => {
      await system.startWorker('general');
      const first = await system.client().send(add, [2, 3]);
      expect(await first.result({ timeoutSeconds: 20 })).toBe(5);
      const node = cluster.node(2);
      await node.own.preStop();
      await node.stop({ keepData: true });
      await node.start();
      const second = await system.client().send(add, [20, 3]);
      expect(await second.result({ timeoutSeconds: 20 })).toBe(23);
    },
    BOOT,
  );
});

/** Why the distribution port breaks off a TLS handshake. In TLS 1.2, because in 1.3 a client hears of it after its own part. */
async function handshakeError(options: ConnectionOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = tlsConnect({ rejectUnauthorized: false, maxVersion: 'TLSv1.2', ...options });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.on('secureConnect', () => {
      socket.destroy();
      resolve('connected');
    });
  });
}

/** The first two bytes that the distribution port says to a handshake in plain. */
async function greeting(at: { host: string; port: number }): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = tcpConnect(at, () => socket.write('\0\x12N\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03a@b'));
    socket.on('data', (data) => (said += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said.slice(0, 2)));
  });
}
