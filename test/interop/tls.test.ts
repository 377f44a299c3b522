import { RabbitmqCluster } from '../../constructs';
import { add } from '../../workers/tasks';
import { TestAuthority } from '../support/certificates';
import { FlowerProcess } from '../support/flower-process';
import { renderTasks } from '../support/manifests';
import { PythonPeer } from '../support/python-peer';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

describeReal('Celery 5.7.0 and Flower 2.2 on a broker that speaks nothing but TLS', () => {
  const objects = renderTasks({
    broker: RabbitmqCluster.of({
      nodes: 1,
      resources: { cpu: '100m', memory: '512Mi' },
      storage: '2Gi',
      tls: { certManager: { issuer: 'test' } },
    }),
    flower: {},
  });
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let system: TaskSystem;

  beforeAll(async () => {
    [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('A stranger')];
    system = await TaskSystem.start(objects, await authority.issueFor(objects, ['127.0.0.1']));
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await authority?.remove();
    await stranger?.remove();
  }, 240_000);

  it('a Python client calls our worker', async () => {
    const worker = await system.startWorker('general');
    const peer = new PythonPeer('celery-5.7.0', system.broker);
    expect(await peer.call({ task: 'tasks.add', args: [2, 3] })).toEqual([{ value: 5 }]);
    await worker.end();
  });

  it.each<[string, () => Record<string, string>]>([
    ['trusts another authority', () => ({ BROKER_CA: stranger.path })],
    [
      'calls it by a name which is not in the certificate',
      () => ({ BROKER_CA: authority.path, BROKER_HOST: `127.1:${system.broker.amqpPort}` }),
    ],
  ])('a Python client that %s does not', async (_, environment) => {
    const peer = new PythonPeer('celery-5.7.0', system.broker, environment());
    expect(await peer.call({ task: 'tasks.add', args: [2, 3], options: { retry: false } })).toEqual([
      { error: expect.stringMatching(/OperationalError|SSL/), text: expect.stringMatching(/certificate/i) },
    ]);
  });

  it('a Python worker runs our task', async () => {
    const worker = await new PythonPeer('celery-5.7.0', system.broker).startWorker('general', 'small');
    try {
      const job = await system.client().send(add, [20, 3]);
      expect(await job.result({ timeoutSeconds: 30 })).toBe(23);
    } finally {
      await worker.stop();
    }
  });

  it('the rendered Flower sees the worker over AMQP and the queue over the management API', async () => {
    const worker = await new PythonPeer('celery-5.7.0', system.broker).startWorker('general', 'small');
    const flower = await FlowerProcess.start(objects, system.broker);
    try {
      await waitUntil(async () => (await flower.get('/api/workers?refresh=1')).text.includes('celery@'), {
        what: `worker in Flower; its output: ${flower.process.output}`,
        timeoutMs: 60_000,
        intervalMs: 500,
      });
      const lengths = async () => {
        const { text } = await flower.get('/api/queues/length');
        const { active_queues: queues } = JSON.parse(text) as { active_queues: { name: string; messages: number }[] };
        if (queues[0]?.name !== 'small') throw new Error(`it says ${text}; its output: ${flower.process.output}`);
        return true;
      };
      await waitUntil(lengths, {
        what: 'queue in Flower',
        timeoutMs: 30_000,
        intervalMs: 500,
      });
      expect(flower.process.output).not.toContain('management API call failed');
    } finally {
      await flower.stop();
      await worker.stop();
    }
  });
});
