import type { Client } from '../../workers/client/client';
import { Calls } from '../support/calls';
import { renderTasks } from '../support/manifests';
import { remote } from '../support/moment';
import { describeReal } from '../support/real';
import { SMALL_BROKER } from '../support/small-broker';
import { PROGRAMS, TaskSystem } from '../support/task-system';
import { waitForDepth } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(60_000);

const sleep = remote<[seconds: number], number>('test.sleep');

interface Connection {
  readonly name: string;
  readonly client_properties?: { readonly connection_name?: string };
}

describeReal('a worker whose connection is closed while its tasks run', () => {
  let system: TaskSystem;
  let calls: Calls;
  let client: Client;
  let worker: WorkerProcess;

  beforeAll(async () => {
    system = await TaskSystem.start(renderTasks({ broker: SMALL_BROKER }));
    calls = await Calls.on(system.broker);
    client = system.client();
    worker = await system.startWorker('general', calls.environment, PROGRAMS.test);
  }, 90_000);
  afterAll(async () => {
    await system?.stop();
    await calls?.remove();
  }, 60_000);

  const connections = async (): Promise<Connection[]> =>
    (await system.broker.api<Connection[]>('GET', '/api/connections')).filter(({ client_properties: own }) =>
      own?.connection_name?.startsWith('general@test-0 consumer'),
    );
  /** As an administrator does. */
  const close = async (): Promise<void> => {
    const found = await waitUntil(async () => nonEmpty(await connections()), { what: 'connection of the worker' });
    for (const { name } of found) await system.broker.api('DELETE', `/api/connections/${encodeURIComponent(name)}`);
  };
  const empty = () => waitForDepth(system.broker, 'small', { total: 0, ready: 0, unacknowledged: 0 });
  const adopted = (id: string) =>
    waitUntil(() => worker.logged('redelivered to the worker that had it').find((line) => line['id'] === id), {
      what: `adoption of ${id}; ${worker.process.output}`,
      timeoutMs: 20_000,
    });

  it('goes on with a task that is delivered to it again, and runs it once', async () => {
    const job = await client.send(sleep, [12]);
    await waitUntil(async () => (await calls.runs(job.id)).length === 1, { what: 'run' });
    await close();
    expect(await adopted(job.id)).toMatchObject({ adopted: 'running' });
    expect(await job.result()).toBe(12);
    await empty();
    expect(await calls.runs(job.id)).toEqual([`${job.id} started`, `${job.id} finished`]);
  });

  it('acks a task that ended while the connection was away, and does not run it again', async () => {
    const job = await client.send(sleep, [6]);
    await waitUntil(async () => (await calls.runs(job.id)).length === 1, { what: 'run' });
    await waitUntil(async () => nonEmpty(await connections()), { what: 'connection of the worker' });
    const { username } = await system.broker.credentials('worker-general');
    // Until it may come back.
    await system.broker.ctl('clear_permissions', '-p', system.broker.virtualHost, username);
    await close();
    await waitUntil(async () => (await calls.runs(job.id)).length === 2, { what: 'end', timeoutMs: 20_000 });
    await system.broker.ctl('set_permissions', '-p', system.broker.virtualHost, username, '.*', '.*', '.*');
    expect(await adopted(job.id)).toMatchObject({ adopted: 'finished' });
    await empty();
    expect(await calls.runs(job.id)).toEqual([`${job.id} started`, `${job.id} finished`]);
  });
});

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
