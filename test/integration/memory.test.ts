import { performance } from 'node:perf_hooks';
import { Task } from '../../workers/task';
import type { Client } from '../../workers/client/client';
import { mainProgramObjects } from '../support/main-program';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';

jest.setTimeout(240_000);

const echo = new Task<[number], number>('test.echo', {}, (value) => value);
const heap = new Task<[], number>('test.heap', {}, () => 0);
const ROUND = 10_000;
const BATCH = 500;

describeReal('the memory of a worker', () => {
  let system: TaskSystem;
  let client: Client;

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    client = system.client();
  }, 240_000);
  afterAll(() => system?.stop(), 240_000);

  const runTasks = async (): Promise<void> => {
    // Not all at once: the last ones would wait longer for their turn than a client waits.
    for (let sent = 0; sent < ROUND; sent += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, (_, index) => client.send(echo, [index], { ignoreResult: true })));
    }
    await waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
  };
  const heapBytes = async (): Promise<number> => (await client.send(heap, [])).result();

  it('is the same after many tasks as after few', async () => {
    const worker = await system.startWorker('general', { WARREN_CONCURRENCY: '100' }, PROGRAMS.test);
    await runTasks();
    const before = await heapBytes();
    const started = performance.now();
    await runTasks();
    await runTasks();
    const perSecond = (2 * ROUND) / ((performance.now() - started) / 1000);
    const grown = (await heapBytes()) - before;
    note(
      `heap after ${ROUND} tasks ${mebibytes(before)}, after ${3 * ROUND} ${mebibytes(before + grown)} (${Math.round(perSecond)} tasks/s)`,
    );
    // One leaked object of 50 bytes per task would be 2 MB.
    expect(grown).toBeLessThan(2 * ROUND * 50);
    await worker.end();
  });
});

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
