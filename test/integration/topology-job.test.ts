import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RabbitmqCluster, type TaskClusterProps } from '../../constructs';
import { TOPOLOGY_ENVIRONMENT } from '../../workers/environment';
import { withChannel } from '../support/amqp';
import { startBroker } from '../support/broker';
import { environmentOf, fileOf, type Manifest, renderTasks } from '../support/manifests';
import { ManagedProcess } from '../support/processes';
import { describeReal } from '../support/real';
import { type TestBroker, waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

const BROKER = RabbitmqCluster.of({ nodes: 1, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' });
const BEFORE: Partial<TaskClusterProps> = { broker: BROKER, queues: { small: {}, old: {} }, workers: { general: { queues: ['small'] } } };
const AFTER: Partial<TaskClusterProps> = {
  broker: BROKER,
  queues: { small: { deliveryLimit: 7 }, mail: { messageTtlSeconds: 60 } },
  workers: { general: { queues: ['small', 'mail'] } },
};

describeReal('the topology Job', () => {
  let broker: TestBroker;
  let folder: string;

  beforeAll(async () => {
    broker = await startBroker({ objects: renderTasks(BEFORE) });
    folder = await mkdtemp(join(tmpdir(), 'warren-topology-'));
  });
  afterAll(async () => {
    await broker?.stop();
    await rm(folder, { recursive: true });
  });

  /** Runs the rendered Job's container on this machine. */
  async function runJob(props: Partial<TaskClusterProps>): Promise<{ code: number | null; log: Record<string, unknown>[] }> {
    const objects = renderTasks(props);
    const job = objects.find(({ kind }) => kind === 'Job') as Manifest;
    const [container] = job.spec.template.spec.containers;
    await writeFile(join(folder, 'definitions.json'), fileOf(objects, 'tasks-broker-config', 'definitions.json'));
    const env = {
      ...process.env,
      ...environmentOf(container),
      [TOPOLOGY_ENVIRONMENT.definitions]: join(folder, 'definitions.json'),
      [TOPOLOGY_ENVIRONMENT.users]: dirname(broker.credentialsFolder('admin')),
      [TOPOLOGY_ENVIRONMENT.managementUrl]: broker.managementUrl,
    };
    const child = new ManagedProcess([process.execPath, join(__dirname, '../../lib/workers/main.js'), ...container.args], { env });
    const { code } = await child.exit;
    return {
      code,
      log: child.output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  }

  const queue = (name: string) => broker.api<Record<string, unknown>>('GET', `/api/queues/tasks/${name}`);

  /** What the management API says of a policy follows a little later. */
  const shown = (name: string, properties: object) =>
    waitUntil(
      async () => {
        expect(await queue(name)).toMatchObject(properties);
        return true;
      },
      { what: `${name} as declared` },
    );

  it('finds nothing to do on a broker that was just booted from the same declaration', async () => {
    const { code, log } = await runJob(BEFORE);
    expect(log.at(-1)).toMatchObject({ msg: 'the broker is as declared' });
    expect(log.filter(({ left }) => left !== undefined)).toEqual([]);
    expect(code).toBe(0);
  });

  it('adds a queue, changes a limit and a permission without a restart, and lists what left the declaration', async () => {
    await withChannel(broker, 'admin', async (channel) => {
      await channel.purgeQueue('old');
      channel.sendToQueue('old', Buffer.from('still wanted'));
      await channel.close();
    });
    await waitForDepth(broker, 'old', { total: 1, ready: 1, unacknowledged: 0 });
    const [before] = await broker.api<{ os_pid: string }[]>('GET', '/api/nodes');
    const { code, log } = await runJob(AFTER);
    expect(log.at(-1)).toMatchObject({ msg: 'the broker is as declared' });
    expect(code).toBe(0);
    await shown('mail', { type: 'quorum', policy: 'mail', effective_policy_definition: { 'message-ttl': 60_000 } });
    await shown('small', { effective_policy_definition: { 'delivery-limit': 7 } });
    await withChannel(broker, 'worker-general', (channel) => channel.checkQueue('mail'));
    expect(await broker.api<unknown[]>('GET', '/api/nodes')).toMatchObject([{ os_pid: before?.os_pid }]);
    expect(log.map(({ left }) => left).filter(Boolean)).toEqual([
      'queue "old" is not declared and holds 1 messages',
      'queue "old.dlq" is not declared and holds 0 messages',
      'policy "old" is not declared',
    ]);
    expect((await broker.queueDepth('old')).total).toBe(1);
  });

  it('repeats without effect', async () => {
    expect(await runJob(AFTER)).toMatchObject({ code: 0 });
  });

  it('fails readably when a queue is there with another type', async () => {
    await withChannel(broker, 'admin', async (channel) => {
      await channel.deleteQueue('mail');
      await channel.assertQueue('mail', { durable: true, arguments: { 'x-queue-type': 'classic' } });
    });
    const { code, log } = await runJob(AFTER);
    expect(code).toBe(1);
    expect(log.map(({ problem }) => problem).filter(Boolean)).toEqual([
      expect.stringMatching(/^PUT api\/queues\/tasks\/mail: 400: inequivalent arg 'x-queue-type' for queue 'mail'/),
      'queue "mail" is a classic queue and not a quorum one: empty it, delete it and run this again',
      expect.stringMatching(/^queue "mail" has policy "none" in effect/),
      expect.stringMatching(/^queue "mail" has 0 members/),
    ]);
  });

  it('fails readably when a user has no Secret', async () => {
    const { code, log } = await runJob({ ...AFTER, workers: { general: { queues: ['small'] }, unknown: { queues: ['mail'] } } });
    expect(code).toBe(1);
    expect(log.at(-1)).toMatchObject({ msg: 'the topology was not applied', error: expect.stringContaining('worker-unknown') });
  });
});
