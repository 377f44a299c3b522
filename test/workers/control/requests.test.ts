import { setImmediate } from 'node:timers/promises';
import { LamportClock } from '../../../workers/celery/clock';
import { decodeTask } from '../../../workers/celery/message';
import { Requests } from '../../../workers/control/requests';
import { EventPublisher } from '../../../workers/observe/events';

const HEADERS = { task: 'tasks.add', id: 'a-1', root_id: 'r-1', parent_id: 'p-1', retries: 2, eta: '2026-11-20T09:22:02.174812+00:00' };

function setup() {
  const sent: Record<string, unknown>[] = [];
  const events = new EventPublisher({
    nodeName: 'n',
    clock: new LamportClock(),
    alwaysTasks: true,
    counts: () => ({ active: 0, processed: 0 }),
    publish: (_, { content }) => {
      for (const { hostname: _h, utcoffset: _u, pid: _p, clock: _c, timestamp: _t, ...event } of JSON.parse(content.toString()) as Record<
        string,
        unknown
      >[])
        sent.push(event);
      return true;
    },
  });
  const requests = new Requests(events);
  const receive = (more: object = {}) => {
    const properties = { contentType: 'application/json', contentEncoding: 'utf-8', priority: 4, headers: { ...HEADERS, ...more } };
    const message = decodeTask(Buffer.from('[[1, 2], {"z": null}, {}]'), properties);
    return requests.received(message, { exchange: 'tasks', routingKey: 'small', redelivered: true, properties });
  };
  return { sent, requests, receive };
}

describe('Requests', () => {
  it('lists a task until it has ended, and counts it once it has started', () => {
    const { requests, receive } = setup();
    const request = receive({ shadow: 'shown' });
    expect(requests.list()).toEqual([
      expect.objectContaining({
        state: 'reserved',
        id: 'a-1',
        task: 'tasks.add',
        name: 'shown',
        args: [1, 2],
        kwargs: { z: null },
        argsrepr: '(1, 2)',
        kwargsrepr: "{'z': None}",
        exchange: 'tasks',
        routingKey: 'small',
        priority: 4,
        redelivered: true,
        startedAt: null,
        pid: null,
        stamps: {},
      }),
    ]);
    request.scheduled();
    expect([requests.list()[0]?.state, requests.active, requests.processed]).toEqual(['scheduled', 0, 0]);
    request.start();
    expect([requests.list()[0]?.state, requests.active, requests.processed]).toEqual(['active', 1, 1]);
    expect(requests.list()[0]).toMatchObject({ pid: process.pid, startedAt: expect.any(Number) });
    request.ended({ kind: 'succeeded', result: 3 });
    expect([requests.list(), requests.active, requests.processed, requests.totals()]).toEqual([[], 0, 1, { 'tasks.add': 1 }]);
  });

  it('tells two deliveries of one task apart', () => {
    const { requests, receive } = setup();
    const [first, second] = [receive(), receive()];
    first.ended({ kind: 'dropped' });
    expect(requests.list()).toEqual([second]);
  });

  it('sends an event for each step', async () => {
    const { sent, receive } = setup();
    const request = receive({ argsrepr: '(***)', kwargsrepr: '{***}' });
    request.start();
    request.ended({ kind: 'succeeded', result: { x: [true] } });
    await setImmediate();
    const { eta } = HEADERS;
    const received = {
      name: 'tasks.add',
      args: '(***)',
      kwargs: '{***}',
      root_id: 'r-1',
      parent_id: 'p-1',
      retries: 2,
      eta,
      expires: null,
    };
    expect(sent).toEqual([
      { type: 'task-received', uuid: 'a-1', ...received },
      { type: 'task-started', uuid: 'a-1' },
      { type: 'task-succeeded', uuid: 'a-1', result: "{'x': [True]}", runtime: expect.any(Number) },
    ]);
  });

  it.each([
    [{ kind: 'failed', exception: "E('x')", traceback: 'at' } as const, { type: 'task-failed', exception: "E('x')", traceback: 'at' }],
    [{ kind: 'retried', exception: "E('x')", traceback: null } as const, { type: 'task-retried', exception: "E('x')", traceback: '' }],
    [
      { kind: 'revoked', terminated: true, signum: 9, expired: false } as const,
      { type: 'task-revoked', terminated: true, signum: 9, expired: false },
    ],
    [{ kind: 'rejected', requeue: false } as const, { type: 'task-rejected', requeue: false }],
  ])('ends as %j', async (ending, event) => {
    const { sent, receive } = setup();
    receive().ended(ending);
    await setImmediate();
    expect(sent.at(-1)).toEqual({ uuid: 'a-1', ...event });
  });

  it('says nothing of a task that is handed back', async () => {
    const { sent, receive } = setup();
    receive().ended({ kind: 'dropped' });
    await setImmediate();
    expect(sent.map(({ type }) => type)).toEqual(['task-received']);
  });

  it.each([
    [{ stamps: { a: 1, b: 2 }, stamped_headers: ['a'] }, { a: 1 }],
    [{ stamps: { a: 1 } }, {}],
  ])('reads stamps from %j', (headers, stamps) => expect(setup().receive(headers).stamps).toEqual(stamps));
});
