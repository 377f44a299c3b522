import { ExternalBroker, RabbitmqCluster } from '../../constructs';
import { USERS, workerUser } from '../../constructs/broker-users';
import { add } from '../../workers/tasks';
import { startBroker } from '../support/broker';
import { importedBroker } from '../support/imported-broker';
import { askApi } from '../support/management-api';
import { environmentOf, find, renderTasks } from '../support/manifests';
import { describeReal } from '../support/real';
import { TaskSystem } from '../support/task-system';
import type { TestBroker } from '../support/test-broker';
import { waitUntil } from '../support/wait-until';

jest.setTimeout(240_000);

/** The owner has a system of its own there, whose users have the same names until it gives them up. */
describeReal("a task system on somebody else's broker", () => {
  let owner: TestBroker;
  let system: TaskSystem;

  beforeAll(async () => {
    owner = await startBroker({ objects: renderTasks({ broker: RabbitmqCluster.of({ nodes: 1 }), virtualHost: 'others' }) });
    const broker = ExternalBroker.of({ hosts: [owner.host], managementUrl: owner.managementUrl });
    const objects = renderTasks({ broker, workers: { general: { queues: ['small'], concurrency: 2 } } });
    const [worker] = find(objects, 'Deployment', 'tasks-worker-general').spec.template.spec.containers;
    expect(environmentOf(worker)['WARREN_BROKER_HOSTS']).toBe(owner.host);
    await expect(importedBroker(owner, objects)).rejects.toThrow('user worker-general works in another virtual host');
    for (const user of [workerUser('general'), USERS.producer, USERS.flower, USERS.keda]) await owner.api('DELETE', `/api/users/${user}`);
    await importedBroker(owner, objects);
    system = await TaskSystem.on(await importedBroker(owner, objects), objects);
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await owner?.stop();
  }, 240_000);

  it('runs a task with what the rendered script has imported', async () => {
    const worker = await system.startWorker('general');
    const job = await system.client().send(add, [2, 3]);
    expect(await job.result({ timeoutSeconds: 10 })).toBe(5);
    expect(await worker.end()).toEqual({ code: 0, signal: null });
  });

  it('has every queue under its policy', async () => {
    const policyOf = async (queue: string) => (await owner.api<{ policy?: string }>('GET', `/api/queues/tasks/${queue}`)).policy;
    for (const queue of ['small', 'large']) {
      // Shown with the queue's next statistics.
      expect(await waitUntil(() => policyOf(queue), { what: `policy of ${queue}` })).toBe(queue);
    }
  });

  it('shows the autoscaler its queue, and nobody the queues of others', async () => {
    const statusFor = async (user: string, path: string) =>
      (await askApi(owner.managementUrl, await system.broker.credentials(user), 'GET', path)).status;
    expect(await statusFor(USERS.keda, '/api/queues/tasks/small')).toBe(200);
    expect(await statusFor(workerUser('general'), '/api/queues/tasks/small')).toBe(401);
  });
});
