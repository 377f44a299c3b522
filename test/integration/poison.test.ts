import { take } from '../support/amqp';
import { Calls } from '../support/calls';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

/** Of queue "large" in main.ts. */
const DELIVERY_LIMIT = 3;
const BYSTANDERS = 16;

describeReal('a task that takes its worker down each time', () => {
  let system: TaskSystem;
  let calls: Calls;
  let supervisor: Supervisor | undefined;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    calls = await Calls.on(system.broker);
  }, 240_000);
  afterEach(() => supervisor?.stop(), 240_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 240_000);

  it.each([
    ['one', [2]],
    ['three, two of them at once', [1, 2, 9]],
    // When the first one is gone, what it held up comes together with the second one, which nobody suspects yet.
    ['two, one behind the other', [0, 4]],
  ])('is dead-lettered after its tries, and takes no other task with it: %s', async (_, places) => {
    const poison: string[] = [];
    const good: string[] = [];
    for (let place = 0; place < BYSTANDERS + places.length; place++) {
      if (places.includes(place)) poison.push(await calls.send('large', 'test.abort'));
      else good.push(await calls.send('large', 'test.sleep', [0.2]));
    }
    supervisor = new Supervisor(() => system.spawnWorker('heavy', { ...calls.environment, WARREN_CONCURRENCY: '4' }, PROGRAMS.test));
    const dead = [];
    while (dead.length < poison.length) dead.push((await take(system.broker, 'large.dlq', 60_000)).properties.headers ?? {});
    expect(new Set(dead.map(({ id }) => id as unknown))).toEqual(new Set(poison));
    for (const headers of dead)
      expect(headers).toMatchObject({ 'x-first-death-reason': 'delivery_limit', 'x-delivery-count': DELIVERY_LIMIT + 1 });
    const finished = async () => (await calls.ledger()).filter((line) => line.endsWith('finished')).map((line) => line.split(' ')[0]);
    await waitUntil(
      async () => {
        const ids = await finished();
        return good.every((id) => ids.includes(id));
      },
      { what: 'end of all bystanders', timeoutMs: 60_000 },
    );
    await waitForDepth(system.broker, 'large', { total: 0, ready: 0, unacknowledged: 0 });
    expect(await system.broker.queueDepth('large.dlq')).toMatchObject({ total: 0 });
    const runs = await Promise.all(poison.map(async (id) => (await calls.runs(id)).length));
    expect(Math.max(...runs)).toBeLessThanOrEqual(DELIVERY_LIMIT + 1);
    note(`${poison.length} poisonous and ${good.length} good tasks: ${supervisor.crashes} crashes, runs of the poison ${runs.join(', ')}`);
  });
});

/** Starts a worker again whenever it has died, as the kubelet does. */
class Supervisor {
  crashes = 0;
  private worker: WorkerProcess | undefined;
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly spawn: () => WorkerProcess) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.worker?.end();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.worker = this.spawn();
      const { signal } = await this.worker.process.exit;
      if (signal === 'SIGABRT') this.crashes += 1;
    }
  }
}
