import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { USERS, workerUser } from '../../constructs/broker-users';
import { credentialsFrom } from '../../workers/broker/credentials';
import { Publisher, type PublisherOptions } from '../../workers/broker/publisher';
import type { Client } from '../../workers/client/client';
import { add } from '../../workers/tasks';
import { WATCHDOG_QUEUE } from '../../workers/topology';
import { withChannel } from '../support/amqp';
import { Load } from '../support/load';
import { mainProgramObjects } from '../support/main-program';
import { mountVolume } from '../support/pod-volumes';
import { describeReal } from '../support/real';
import { report } from '../support/scenario';
import { TaskSystem } from '../support/task-system';
import { waitUntil } from '../support/wait-until';
import type { WorkerProcess } from '../support/worker-process';

jest.setTimeout(240_000);

/** These faults concern a whole node. */
const describeOwnNode = process.env['WARREN_TEST_RABBITMQ_URL'] ? describe.skip : describeReal;
const REPEATED_AT_MOST = 100 + 16;

describeOwnNode('the connections of a worker and a client', () => {
  let system: TaskSystem;
  let worker: WorkerProcess;
  let client: Client;
  const publishers: Publisher[] = [];

  beforeAll(async () => {
    system = await TaskSystem.start(await mainProgramObjects('development'));
    worker = await system.startWorker('general');
    client = system.client();
    expect(await (await client.send(add, [1, 1])).result()).toBe(2);
  }, 240_000);
  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await system?.stop();
  }, 240_000);

  const ctl = (...argv: string[]) => system.broker.ctl('--quiet', ...argv);

  function publisherOf(user: string, options: Partial<PublisherOptions> = {}): Publisher {
    const publisher = new Publisher({
      name: `test ${publishers.length}`,
      hosts: [system.broker.host],
      virtualHost: system.broker.virtualHost,
      credentials: credentialsFrom(system.broker.credentialsFolder(user)),
      log: pino({ level: 'silent' }),
      ...options,
    });
    publishers.push(publisher);
    return publisher;
  }

  const message = (exchange: string, routingKey: string, content = Buffer.from('x'), properties = {}) => ({
    exchange,
    routingKey,
    content,
    properties,
    persistent: true,
  });

  describe.each([
    ['memory', 'B13', ['set_vm_memory_high_watermark', 'absolute', '1000'], ['set_vm_memory_high_watermark', '0.6'], 'low on memory'],
    ['disk', 'B14', ['set_disk_free_limit', '100000000000000'], ['set_disk_free_limit', '50000000'], 'low on disk'],
  ])('while the broker is low on %s', (resource, id, raise, clear, reason) => {
    it('wait, work on what is there, end publishes in bounded time with a code of their own, and go on afterwards', async () => {
      const load = new Load(client, [worker]);
      await load.progress(20);
      const publisher = publisherOf(USERS.producer);
      await publisher.publish(message('tasks', 'large'));
      const job = await client.send(add, [3, 4]);
      await ctl(...raise);
      try {
        // The broker says it to a connection that publishes; what was sent until then may have been stored.
        const first = publisher.publish(message('tasks', 'large')).catch((error: unknown) => error);
        await waitUntil(() => publisher.status.state === 'blocked', { what: 'blocked publisher' });
        expect(publisher.status.reason).toBe(reason);
        const asked = Date.now();
        await expect(publisher.publish(message('tasks', 'large'))).rejects.toMatchObject({
          code: 'blocked',
          message: `not sent within 10 s: the broker takes no messages for now (${reason})`,
        });
        expect(Date.now() - asked).toBeLessThan(12_000);
        expect(await first).toMatchObject({ code: 'timeout' });
        expect(await worker.probe('/readyz')).toBe(200);
      } finally {
        await ctl(...clear);
      }
      await publisher.publish(message('tasks', 'large'));
      await load.progress(20);
      expect(await job.result({ timeoutSeconds: 20 })).toBe(7);
      expect(await (await client.send(add, [2, 3])).result({ timeoutSeconds: 20 })).toBe(5);
      const outcome = await load.end();
      report(id, `broker low on ${resource}`, 'alarm for the 10 s that a publish waits', outcome);
      expect(outcome).toMatchObject({ lost: [] });
      expect(outcome.duplicated).toBeLessThanOrEqual(REPEATED_AT_MOST);
      // What was sent while nobody knew of the alarm is stored after it, though its sender was told that nobody knows.
      expect(outcome.unexpected).toBeLessThanOrEqual(outcome.rejected);
    });
  });

  it('come back when an administrator closes all connections again and again', async () => {
    const load = new Load(client, [worker]);
    await load.progress(20);
    const connected = worker.logged('connected').length;
    for (let round = 0; round < 4; round++) {
      await ctl('close_all_connections', '--global', 'maintenance');
      // The pace of the fault.
      await setTimeout(3000);
    }
    await worker.ready();
    await load.progress(20);
    const outcome = await load.end();
    report('B16', 'all connections closed by an administrator', 'close_all_connections every 3 s, four times', outcome);
    expect(outcome).toMatchObject({ lost: [] });
    expect(outcome.longestGapSeconds).toBeLessThan(10);
    expect(outcome.duplicated).toBeLessThanOrEqual(4 * REPEATED_AT_MOST);
    // Two links, four rounds: no storm of reconnects.
    expect(worker.logged('connected').length - connected).toBeLessThanOrEqual(16);
    expect(worker.logged('connection lost').map(({ reason }) => reason)).toContainEqual(expect.stringContaining('maintenance'));
  });

  it('never call a message accepted whose queue was deleted', async () => {
    const publisher = publisherOf(USERS.producer);
    await withChannel(system.broker, 'admin', async (channel) => {
      await publisher.publish(message('tasks', 'large'));
      const all = Array.from({ length: 200 }, (_, index) =>
        publisher.publish(message('tasks', 'large', Buffer.from(String(index)))).then(
          () => 'accepted',
          (error: { code: string }) => error.code,
        ),
      );
      await channel.deleteQueue('large');
      await Promise.all(all);
      // From here on the queue is gone for certain.
      const later = Array.from({ length: 20 }, () => publisher.publish(message('tasks', 'large')));
      for (const each of later) await expect(each).rejects.toMatchObject({ code: 'unroutable' });
      await channel.assertQueue('large', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      await channel.bindQueue('large', 'tasks', '#.large');
    });
    await publisher.publish(message('tasks', 'large'));
  });

  it('refuse what a full queue does not take', async () => {
    const policy = '/api/policies/tasks/full';
    await system.broker.api('PUT', policy, {
      pattern: '^large$',
      'apply-to': 'quorum_queues',
      priority: 100,
      definition: { 'max-length': 1, overflow: 'reject-publish' },
    });
    const publisher = publisherOf(USERS.producer);
    try {
      const refused = await waitUntil(
        () =>
          publisher.publish(message('tasks', 'large')).then(
            () => undefined,
            (error: Error) => error,
          ),
        { what: 'full queue' },
      );
      expect(refused).toMatchObject({ code: 'refused', message: expect.stringContaining('may be full') });
    } finally {
      await system.broker.api('DELETE', policy);
    }
    await waitUntil(() => publisher.publish(message('tasks', 'large')).then(() => true), { what: 'queue that takes messages again' });
  });

  it('reject exactly the publish that the broker cannot take, and the others do not notice', async () => {
    // Channels learn it when they are opened.
    await ctl('eval', 'persistent_term:put(max_message_size, 1000000).');
    const publisher = publisherOf(USERS.admin);
    try {
      const good = Array.from({ length: 50 }, () => publisher.publish(message('tasks', 'large')));
      const bad = [
        [publisher.publish(message('nowhere', 'large')), /no exchange 'nowhere'/],
        [publisher.publish(message('tasks', 'large', Buffer.alloc(2_000_000))), /message size 2000000/],
        [publisher.publish(message('tasks', 'large', undefined, { userId: 'somebody' })), /somebody/],
      ] as const;
      const more = Array.from({ length: 50 }, () => publisher.publish(message('tasks', 'large')));
      for (const [each, text] of bad) {
        await expect(each).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(text) });
      }
      await Promise.all([...good, ...more]);
      const forbidden = publisherOf(USERS.flower).publish(message('tasks', 'large'));
      await expect(forbidden).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(/access to exchange 'tasks'/) });
    } finally {
      await ctl('eval', 'persistent_term:put(max_message_size, 16777216).');
    }
    const started = Date.now();
    const large = publisher.publish(message('tasks', 'large', Buffer.alloc(16 * 1024 * 1024 + 1)));
    await expect(large).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('over the limit of 16777216') });
    expect(Date.now() - started).toBeLessThan(1000);
  });

  it.each([
    ['permissions', ['clear_permissions', '-p', 'tasks', 'worker-general'], /user has no permission in it/],
    ['password', ['change_password', 'worker-general', 'another'], /login refused.*password/],
  ])('say what to do when their %s is taken away, do not hammer the broker, and come back with it', async (_, take, advice) => {
    const user = workerUser('general');
    const permissions = `/api/permissions/tasks/${user}`;
    const kept = await system.broker.api('GET', permissions);
    const account = await system.broker.api('GET', `/api/users/${user}`);
    const said = () => worker.logged('no connection to the broker').filter((line) => advice.test(String(line['advice'])));
    const before = said().length;
    try {
      await ctl(...take);
      await ctl('close_all_connections', '--global', 'revoked');

      await waitUntil(() => said().length > before, { what: 'advice', timeoutMs: 20_000 });
      expect(await worker.probe('/readyz')).toBe(503);
      expect(await worker.probe('/livez')).toBe(200);
      const refusals = () =>
        system.broker.logText().match(/refused for user 'worker-general'|user 'worker-general' - invalid/g)?.length ?? 0;
      const since = refusals();
      // Long enough to tell a few attempts from a hot loop.
      await setTimeout(4000);
      expect(since).toBeGreaterThan(0);
      expect(refusals() - since).toBeLessThan(40);
    } finally {
      await system.broker.api('PUT', `/api/users/${user}`, account);
      await system.broker.api('PUT', permissions, kept);
    }
    await worker.ready();
    expect(await (await client.send(add, [1, 2])).result({ timeoutSeconds: 20 })).toBe(3);
  });

  it('use a rotated password from its file at the next connect', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'warren-rotated-'));
    const { username, password } = await system.broker.credentials(workerUser('general'));
    const account = await system.broker.api('GET', `/api/users/${username}`);
    await mountVolume(folder, { username, password });
    const other = await system.startWorker('general', { WARREN_BROKER_CREDENTIALS: folder, WARREN_QUEUES: 'small' });
    await writeFile(join(folder, 'password'), 'rotated');
    await ctl('change_password', username, 'rotated');
    await ctl('close_all_connections', '--global', 'rotation');
    await waitUntil(async () => (await other.probe('/readyz')) === 503, { what: 'unready worker', timeoutMs: 10_000 }).catch(
      () => undefined,
    );
    await other.ready();
    await system.broker.api('PUT', `/api/users/${username}`, account);
    await other.end();
    await worker.ready();
  });

  it('take no harm from hosts that do not exist, do not answer, or are no brokers', async () => {
    const hosts = [
      'no-such-host.invalid:5672',
      '127.0.0.1:1',
      '192.0.2.1:5672',
      new URL(system.broker.managementUrl).host,
      system.broker.host,
    ];
    const publisher = publisherOf(USERS.producer, { hosts });
    publisher.start();
    await waitUntil(() => publisher.status.state === 'up', { what: 'connection', timeoutMs: 40_000 });
    expect(publisher.status.host).toBe(system.broker.host);
    await publisher.publish(message('tasks', 'large'));
  });

  it('do without the watchdog where its queue does not exist, and say so once', async () => {
    const what = 'the watchdog cannot ask its queue: a broker node that is cut off from the others may go unnoticed';
    const other = await system.startWorker('general');
    await withChannel(system.broker, 'admin', async (channel) => {
      await channel.deleteQueue(WATCHDOG_QUEUE);
      await ctl('close_all_connections', '--global', 'once');
      await waitUntil(() => other.logged(what).length > 0, { what: 'warning' });
      await other.ready();
      await ctl('close_all_connections', '--global', 'twice');
      await other.ready();
      expect(await (await client.send(add, [1, 2])).result({ timeoutSeconds: 20 })).toBe(3);
    });
    expect(other.logged(what)).toMatchObject([
      { error: expect.stringContaining("no queue 'warren.watchdog'"), advice: expect.stringContaining('topology Job') },
    ]);
    await other.end();
    await withChannel(system.broker, 'admin', async (channel) => {
      await channel.assertQueue(WATCHDOG_QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    });
  });
});
