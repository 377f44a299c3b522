import { setImmediate } from 'node:timers/promises';
import { LamportClock } from '../../../workers/celery/clock';
import { taskEvent } from '../../../workers/celery/events';
import { EventPublisher } from '../../../workers/observe/events';

interface Sent {
  routingKey: string;
  body: Record<string, unknown> | Record<string, unknown>[];
}

function publisher(alwaysTasks = false) {
  const sent: Sent[] = [];
  const events = new EventPublisher({
    nodeName: 'general@pod',
    clock: new LamportClock(),
    alwaysTasks,
    counts: () => ({ active: 2, processed: 7 }),
    publish: (routingKey, { content, properties }) => {
      expect(properties).toMatchObject({ contentType: 'application/json', contentEncoding: 'utf-8', headers: { hostname: 'general@pod' } });
      sent.push({ routingKey, body: JSON.parse(content.toString()) as Sent['body'] });
      return true;
    },
  });
  return { events, sent };
}

const COMMON = { hostname: 'general@pod', utcoffset: 0, pid: process.pid, timestamp: expect.any(Number) };

describe('EventPublisher', () => {
  it('says online, heartbeat and offline with the fields of Celery', () => {
    const { events, sent } = publisher();
    events.online();
    events.heartbeat(5);
    events.offline();
    const worker = { ...COMMON, active: 2, processed: 7, sw_ident: 'warren', sw_ver: '0.1.0', sw_sys: 'Linux' };
    const loadavg = [expect.any(Number), expect.any(Number), expect.any(Number)];
    expect(sent).toEqual([
      { routingKey: 'worker.online', body: { ...worker, loadavg, type: 'worker-online', freq: 2, clock: 1 } },
      { routingKey: 'worker.heartbeat', body: { ...worker, loadavg, type: 'worker-heartbeat', freq: 5, clock: 2 } },
      { routingKey: 'worker.offline', body: { ...worker, loadavg, type: 'worker-offline', freq: 2, clock: 3 } },
    ]);
    const [{ body } = { body: {} }] = sent;
    const { timestamp } = body as { timestamp: number };
    expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(60);
  });

  it('sends no task event, and makes none, before somebody asks', async () => {
    const { events, sent } = publisher();
    const build = jest.fn(() => taskEvent.started('a'));
    events.task(build);
    await setImmediate();
    expect([sent.length, build.mock.calls.length]).toEqual([0, 0]);
    expect([events.enableTasks(), events.enableTasks()]).toEqual([true, false]);
    events.task(build);
    await setImmediate();
    expect(sent).toEqual([{ routingKey: 'task.multi', body: [{ ...COMMON, clock: 1, type: 'task-started', uuid: 'a' }] }]);
    expect([events.disableTasks(), events.disableTasks()]).toEqual([true, false]);
    events.task(build);
    await setImmediate();
    expect(sent).toHaveLength(1);
  });

  it('cannot be silenced when task events are always on', () => {
    const { events } = publisher(true);
    expect([events.enableTasks(), events.disableTasks(), events.tasksEnabled]).toEqual([false, false, true]);
  });

  it('sends the events of one turn of the event loop as one list, of 24 at most', async () => {
    const { events, sent } = publisher(true);
    for (let index = 0; index < 30; index++) events.task(() => taskEvent.started(String(index)));
    await setImmediate();
    expect(sent.map(({ body }) => (body as unknown[]).length)).toEqual([24, 6]);
    expect(sent.flatMap(({ body }) => (body as Record<string, unknown>[]).map(({ clock }) => clock))).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  it('sends what is buffered before worker-offline', () => {
    const { events, sent } = publisher(true);
    events.task(() => taskEvent.started('a'));
    events.offline();
    expect(sent.map(({ routingKey }) => routingKey)).toEqual(['task.multi', 'worker.offline']);
  });

  it("sends a task's own events, which cannot pose as another worker's", async () => {
    const { events, sent } = publisher(true);
    events.custom('task-progress', 'a', { done: 3, type: 'worker-offline', uuid: 'b' });
    await setImmediate();
    expect(sent[0]?.body).toEqual([{ ...COMMON, clock: 1, type: 'task-progress', uuid: 'a', done: 3 }]);
    expect(() => events.custom('worker-offline', 'a', {})).toThrow(/write "task-" and a name/);
    expect(() => events.custom('task-progress', 'a', { big: 5n })).toThrow(/BigInt/);
  });
});

describe('taskEvent', () => {
  it('has the fields that Celery sends', () => {
    const received = {
      id: 'a',
      name: 't',
      argsrepr: '(1,)',
      kwargsrepr: '{}',
      rootId: 'r',
      parentId: null,
      retries: 0,
      eta: null,
      expires: null,
    };
    expect(taskEvent.received(received)).toEqual({
      type: 'task-received',
      uuid: 'a',
      name: 't',
      args: '(1,)',
      kwargs: '{}',
      root_id: 'r',
      parent_id: null,
      retries: 0,
      eta: null,
      expires: null,
    });
    expect(taskEvent.succeeded('a', '5', 0.25)).toEqual({ type: 'task-succeeded', uuid: 'a', result: '5', runtime: 0.25 });
    expect(taskEvent.failed('a', "E('x')", null)).toEqual({ type: 'task-failed', uuid: 'a', exception: "E('x')", traceback: '' });
    expect(taskEvent.retried('a', "E('x')", 'at')).toEqual({ type: 'task-retried', uuid: 'a', exception: "E('x')", traceback: 'at' });
    expect(taskEvent.revoked('a', { terminated: true, signum: 15, expired: false })).toEqual({
      type: 'task-revoked',
      uuid: 'a',
      terminated: true,
      signum: 15,
      expired: false,
    });
    expect(taskEvent.rejected('a', true)).toEqual({ type: 'task-rejected', uuid: 'a', requeue: true });
  });

  it('cuts what is too long', () => {
    const { result } = taskEvent.succeeded('a', 'x'.repeat(5000), 1) as unknown as { result: string };
    expect(result).toHaveLength(1024);
  });
});
