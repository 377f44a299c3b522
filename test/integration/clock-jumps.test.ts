import { writeFile } from 'node:fs/promises';
import type { Client } from '../../workers/client/client';
import { Calls } from '../support/calls';
import { libfaketime } from '../support/libfaketime';
import { renderTasks } from '../support/manifests';
import { remote } from '../support/moment';
import { note } from '../support/notes';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;
const DELAY_SECONDS = 5;
/** How much earlier or later a task may start when its worker's clock jumps by an hour. */
const MOST_WRONG_MS = 2500;

const moment = remote('test.moment');
const journey = remote<[tries: number, delaySeconds: number]>('test.journey');
const found = libfaketime();
const describeFakeTime = 'missing' in found ? describe.skip : describeReal;

describeFakeTime.each([true, false])('a clock that jumps while tasks wait; delayed delivery: %s', (delayedDelivery) => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;
  let worker: WorkerProcess;

  beforeAll(async () => {
    system = await TaskSystem.start(
      renderTasks({ broker: SMALL_BROKER, delayedDelivery, workers: { general: { queues: ['small'], concurrency: 4 } } }),
    );
    calls = await Calls.on(system.broker);
    client = system.client();
  }, 90_000);
  afterEach(() => worker?.end(), 60_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const setClock = (offset: string) => writeFile(calls.file('clock'), `${offset}\n`);
  const start = async () => {
    await setClock('+0');
    const fake = {
      LD_PRELOAD: 'library' in found ? found.library : '',
      FAKETIME_TIMESTAMP_FILE: calls.file('clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    worker = await system.startWorker('general', { ...calls.environment, ...fake }, PROGRAMS.test);
  };

  it.each([
    ['+1h', HOUR_MS],
    ['-1h', -HOUR_MS],
  ])('by %s: a task starts when it should', async (offset, jumpMs) => {
    await start();
    const eta = Date.now() + DELAY_SECONDS * 1000;
    const job = await client.send(moment, [], { eta: new Date(eta) });
    // The broker or the worker has it for a while.
    await (await client.send(moment, [])).result();
    await setClock(offset);
    const { wall } = await job.result();
    const now = Date.now();
    // The clock did jump.
    expect(Math.abs(wall - now - jumpMs)).toBeLessThan(60_000);
    note(`an eta ${DELAY_SECONDS} s ahead, clock of the worker ${offset}, delayed delivery ${delayedDelivery}: wrong by ${now - eta} ms`);
    expect(Math.abs(now - eta)).toBeLessThan(MOST_WRONG_MS);
  });

  it.each(['+1h', '-1h'])('by %s: a retry comes when it should', async (offset) => {
    await start();
    const asked = Date.now();
    const job = await client.send(journey, [2, DELAY_SECONDS]);
    await worker.process.waitForOutput(/"end":"retry"/);
    const held = delayedDelivery ? 0 : 1;
    await waitForDepth(system.broker, 'small', { total: held, ready: 0, unacknowledged: held });
    await setClock(offset);
    expect(await job.result()).toMatchObject({ retries: 1 });
    const took = Date.now() - asked;
    note(`a retry after ${DELAY_SECONDS} s, clock of the worker ${offset}, delayed delivery ${delayedDelivery}: after ${took} ms`);
    expect(Math.abs(took - DELAY_SECONDS * 1000)).toBeLessThan(MOST_WRONG_MS);
  });
});
