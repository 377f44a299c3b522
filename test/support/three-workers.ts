import type { Client } from '../../workers/client/client';
import { add } from '../../workers/tasks';
import { startCluster } from './cluster';
import type { Outcome } from './load';
import { mainProgramObjects } from './main-program';
import { TaskSystem } from './task-system';
import { waitForDepth } from './test-broker';
import type { TestCluster } from './test-cluster';
import { waitUntil } from './wait-until';
import type { WorkerProcess } from './worker-process';

const CONCURRENCY = 4;
/** Unconfirmed messages of a client and tasks in flight: what one lost connection may repeat at most. */
export const REPEATED_AT_MOST = 100 + 3 * CONCURRENCY;

/** The system of the production manifest on three nodes, with three workers and a client. */
export interface ThreeWorkers {
  readonly system: TaskSystem<TestCluster>;
  readonly client: Client;
  readonly workers: readonly WorkerProcess[];
}

export async function startThreeWorkers(): Promise<ThreeWorkers> {
  const objects = await mainProgramObjects('production');
  const system = await TaskSystem.on(await startCluster(objects), objects);
  const start = () => system.startWorker('general', { WARREN_CONCURRENCY: String(CONCURRENCY) });
  const workers = await Promise.all([start(), start(), start()]);
  return { system, client: system.client(), workers };
}

/** Nothing lost, little repeated, nobody left behind, nothing left in the queue. */
export async function expectWhole(three: ThreeWorkers, outcome: Outcome, repeatedAtMost: number): Promise<void> {
  await expectNothingLost(three, outcome, repeatedAtMost);
  await waitForDepth(three.system.broker.running, 'small', { total: 0, ready: 0, unacknowledged: 0 });
}

/** The same without the counts of the queue: for a while after a partition the management API has none. */
export async function expectNothingLost({ client, workers }: ThreeWorkers, outcome: Outcome, repeatedAtMost: number): Promise<void> {
  expect(outcome.lost).toEqual([]);
  expect(outcome.accepted).toBeGreaterThan(0);
  expect(outcome.duplicated).toBeLessThanOrEqual(repeatedAtMost);
  expect(outcome.unexpected).toBeLessThanOrEqual(outcome.rejected);
  for (const worker of workers) {
    expect(worker.process.running).toBe(true);
    await worker.ready();
  }
  // A node that was cut off may still hang when the client tries it first: then it says that nothing was sent.
  const job = await waitUntil(() => client.send(add, [2, 3]), { what: 'task that is accepted' });
  expect(await job.result({ timeoutSeconds: 20 })).toBe(5);
}

/** Where a link of a worker stands now: the `host:port` it logged last. */
export function hostOf(worker: WorkerProcess, link: 'consumer' | 'publisher'): string {
  const lines = worker.logged('connected').filter((line) => String(line['link']).endsWith(link));
  return String(lines.at(-1)?.['host']);
}
