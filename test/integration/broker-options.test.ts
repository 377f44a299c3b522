import { type RabbitmqClusterOptions, RabbitmqCluster, render, TaskCluster } from '../../constructs';
import { PLUGINS, SHIPPED_PLUGINS } from '../../constructs/rabbitmq/plugins';
import { withChannel } from '../support/amqp';
import { startBroker } from '../support/broker';
import { describeReal } from '../support/real';
import type { KubernetesObject } from '../support/rendered-pod';
import { type TestBroker, waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);
const BOOT = 90_000;
/** The options of a broker that somebody else runs are not ours to test. */
const describeOwnNode = process.env['WARREN_TEST_RABBITMQ_URL'] ? describe.skip : describeReal;

const OPTIONS: RabbitmqClusterOptions = {
  nodes: 1,
  ephemeral: true,
  storage: '2Gi',
  resources: { cpu: '100m', memory: '512Mi' },
  plugins: ['rabbitmq_consistent_hash_exchange', 'rabbitmq_shovel'],
  // The level is in the rendered configuration, too; the last file wins.
  configuration: { channel_max: '77', 'log.console.level': 'warning', 'management.rates_mode': 'none' },
};
const MAX_LENGTH = 3;

describeOwnNode('a broker with options', () => {
  let broker: TestBroker;

  beforeAll(async () => {
    broker = await startBroker({ objects: renderSystem() });
  }, BOOT);
  afterAll(() => broker?.stop(), BOOT);

  it('takes the configuration that comes last', async () => {
    expect((await broker.ctl('--quiet', 'eval', 'application:get_env(rabbit, channel_max).')).trim()).toBe('{ok,77}');
    expect((await broker.ctl('--quiet', 'eval', 'application:get_env(rabbitmq_management, rates_mode).')).trim()).toBe('{ok,none}');
    expect(broker.logText()).not.toContain('[info]');
  });

  it('enables the plugins that were asked for beside the ones that are needed', async () => {
    const [node] = await broker.api<{ enabled_plugins: string[] }[]>('GET', '/api/nodes');
    expect(node?.enabled_plugins).toEqual(expect.arrayContaining([...PLUGINS, ...(OPTIONS.plugins ?? [])]));
  });

  it('has every plugin that may be asked for', async () => {
    const there = await broker.ctl('--quiet', 'eval', '[element(2, Each) || Each <- rabbit_plugins:list(rabbit_plugins:plugins_dir())].');
    expect([...PLUGINS, ...SHIPPED_PLUGINS].filter((plugin) => !new RegExp(`\\b${plugin}\\b`).test(there))).toEqual([]);
  });

  it('says by command, for releases without the health check, whether the cluster is complete', async () => {
    expect(await broker.ctl('--quiet', 'eval', 'rabbit_nodes:reached_target_cluster_size().')).toMatch(/^true$/m);
  });

  it(
    'keeps accepted tasks while the pod lives, without a volume claim',
    async () => {
      await withChannel(broker, 'admin', async (_, connection) => {
        const channel = await connection.createConfirmChannel();
        channel.sendToQueue('large', Buffer.from('kept'), { persistent: true });
        await channel.waitForConfirms();
      });
      await broker.kill();
      await broker.start();
      await waitForDepth(broker, 'large', { ready: 1, unacknowledged: 0, total: 1 });
    },
    BOOT,
  );

  it('refuses tasks of a full queue, and keeps the ones it has accepted', async () => {
    const effective = async () =>
      (await broker.api<{ effective_policy_definition?: Record<string, unknown> }>('GET', '/api/queues/tasks/small'))
        .effective_policy_definition;
    await waitUntil(async () => (await effective())?.['max-length'] === MAX_LENGTH, { what: 'policy on small' });
    const accepted = await withChannel(broker, 'producer', async (_, connection) => {
      const channel = await connection.createConfirmChannel();
      const send = () =>
        new Promise<boolean>((resolve) =>
          channel.sendToQueue('small', Buffer.from('task'), { persistent: true }, (error: unknown) => resolve(!error)),
        );
      const answers: boolean[] = [];
      for (let sent = 0; sent < 3 * MAX_LENGTH; sent++) answers.push(await send());
      expect(answers.at(-1)).toBe(false);
      return answers.filter(Boolean).length;
    });
    expect(accepted).toBeGreaterThanOrEqual(MAX_LENGTH);
    await waitForDepth(broker, 'small', { ready: accepted, unacknowledged: 0, total: accepted });
  });
});

function renderSystem(): KubernetesObject[] {
  const app = render([{ name: 'test', namespace: 'test' }], (chart) => {
    new TaskCluster(chart, 'Tasks', {
      image: 'worker:1',
      broker: RabbitmqCluster.of(OPTIONS),
      queues: { small: { maxLength: MAX_LENGTH }, large: {} },
      workers: { general: { queues: ['small', 'large'] } },
    });
  });
  return app.charts.flatMap((chart) => chart.toJson() as KubernetesObject[]);
}
