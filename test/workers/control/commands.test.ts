import { LamportClock } from '../../../workers/celery/clock';
import { requestInfo } from '../../../workers/control/commands/inspect';
import { COMMANDS, dispatch } from '../../../workers/control/dispatch';
import { CommandError, type ControlledWorker, type RegisteredTask, type RequestInfo } from '../../../workers/control/controlled-worker';
import { NO_REPLY } from '../../../workers/control/command';
import { Revoked } from '../../../workers/control/revoked';
import { EventPublisher } from '../../../workers/observe/events';

const REQUEST: RequestInfo = {
  state: 'active',
  id: 'a-1',
  task: 'tasks.add',
  name: 'tasks.add',
  args: [1, { deep: true }],
  kwargs: { y: 2 },
  argsrepr: "(1, {'deep': True})",
  kwargsrepr: "{'y': 2}",
  eta: null,
  stamps: { monitor: ['m-1'] },
  exchange: 'tasks',
  routingKey: 'small',
  priority: 3,
  redelivered: true,
  startedAt: 1_795_166_956_027,
  acknowledged: false,
  pid: 77,
};
const RESERVED: RequestInfo = { ...REQUEST, state: 'reserved', id: 'r-1', startedAt: null, pid: null, stamps: {} };
const SCHEDULED: RequestInfo = { ...RESERVED, state: 'scheduled', id: 's-1', eta: new Date('2026-11-20T09:31:16.024Z') };

const info = (id: string, changes: object = {}) => ({
  id,
  name: 'tasks.add',
  args: [1, { deep: true }],
  kwargs: { y: 2 },
  type: 'tasks.add',
  hostname: 'general@pod',
  time_start: null,
  acknowledged: false,
  delivery_info: { exchange: 'tasks', routing_key: 'small', priority: 3, redelivered: true },
  worker_pid: null,
  ...changes,
});
const ACTIVE_INFO = info('a-1', { time_start: 1_795_166_956.027, worker_pid: 77 });

/** A worker that writes down what it is told to do. */
function harness({ mayChange = true } = {}) {
  const told: unknown[][] = [];
  const tell =
    (what: string) =>
    (...args: unknown[]): void =>
      void told.push([what, ...args]);
  const worker: ControlledWorker = {
    nodeName: 'general@pod',
    requests: () => [REQUEST, RESERVED, SCHEDULED],
    tasks: (): readonly RegisteredTask[] => [
      { name: 'tasks.lcs', attributes: { rate_limit: '5/m', queue: 'large', __secret: 'no' } },
      { name: 'tasks.add', attributes: { rate_limit: null, queue: null } },
      { name: 'celery.chord', attributes: {} },
    ],
    queues: () => [{ name: 'small', exchange: 'tasks', exchangeType: 'topic', routingKey: 'small' }],
    stats: () => ({
      state: 'consuming',
      totals: { 'tasks.add': 2 },
      implementation: 'test',
      concurrency: 4,
      processes: [77],
      prefetch: 4,
      timeouts: [0, 0],
      broker: { hosts: ['node-0:5672', 'node-1:5672'], virtualHost: 'tasks' },
    }),
    settings: () => ({ broker_url: 'amqp://********@node-0:5672/tasks', worker_concurrency: 4 }),
    revoked: tell('revoked'),
    terminate: tell('terminate'),
    grow: tell('grow'),
    shrink: tell('shrink'),
    setRateLimit: tell('setRateLimit'),
    setTimeLimit: tell('setTimeLimit'),
    addQueue: (name) =>
      name === 'no' ? Promise.reject(new CommandError('ValueError', 'no queue "no"')) : Promise.resolve(tell('addQueue')(name)),
    cancelQueue: (name) => Promise.resolve(tell('cancelQueue')(name)),
    shutdown: tell('shutdown'),
  };
  const clock = new LamportClock();
  const revoked = new Revoked();
  const events = new EventPublisher({
    nodeName: worker.nodeName,
    clock,
    counts: () => ({ active: 1, processed: 2 }),
    alwaysTasks: false,
    publish: (routingKey, { content }) => {
      told.push(['event', routingKey, (JSON.parse(content.toString()) as { freq: number }).freq]);
      return true;
    },
  });
  const call = (method: string, args: Record<string, unknown> = {}) =>
    dispatch({ worker, clock, revoked, events, mayChange }, method, args);
  return { call, told, revoked, clock };
}

type Case = [method: string, args: Record<string, unknown>, reply: unknown, told?: unknown[][]];
const SIGTERM = { name: 'SIGTERM', number: 15 };
const SIGKILL = { name: 'SIGKILL', number: 9 };

describe('commands', () => {
  test.each<Case>([
    ['ping', {}, { ok: 'pong' }],
    ['clock', {}, { clock: 0 }],
    ['active', { safe: null }, [ACTIVE_INFO]],
    ['dump_active', {}, [ACTIVE_INFO]],
    ['active', { safe: true }, [{ ...ACTIVE_INFO, args: "(1, {'deep': True})", kwargs: "{'y': 2}" }]],
    ['reserved', {}, [info('r-1')]],
    ['dump_reserved', {}, [info('r-1')]],
    ['scheduled', {}, [{ eta: '2026-11-20T09:31:16.024000+00:00', priority: 6, request: info('s-1') }]],
    ['dump_schedule', {}, [{ eta: '2026-11-20T09:31:16.024000+00:00', priority: 6, request: info('s-1') }]],
    ['query_task', { ids: ['a-1', 's-1', 'nobody'] }, { 'a-1': ['active', ACTIVE_INFO], 's-1': ['scheduled', info('s-1')] }],
    ['query_task', { ids: 'r-1' }, { 'r-1': ['reserved', info('r-1')] }],
    ['revoked', {}, []],
    ['registered', { taskinfoitems: [] }, ['tasks.add', 'tasks.lcs [rate_limit=5/m]']],
    ['dump_tasks', {}, ['tasks.add', 'tasks.lcs [rate_limit=5/m]']],
    ['registered', { taskinfoitems: ['queue', '__secret', '__class__', 5, 'toString'] }, ['tasks.add', 'tasks.lcs [queue=large]']],
    ['registered', { builtins: true }, ['celery.chord', 'tasks.add', 'tasks.lcs [rate_limit=5/m]']],
    ['conf', { with_defaults: false }, { broker_url: 'amqp://********@node-0:5672/tasks', worker_concurrency: 4 }],
    ['dump_conf', {}, { broker_url: 'amqp://********@node-0:5672/tasks', worker_concurrency: 4 }],
    ['memsample', {}, expect.stringMatching(/^\d+\.\d{3}MB$/)],
    ['memdump', { samples: 10 }, expect.stringMatching(/^rss: \d+\.\d{3}MB\n/)],
    ['objgraph', {}, { error: expect.stringContaining('NotImplementedError') }],
    ['report', {}, { ok: expect.stringMatching(/^\nsoftware -> warren:[^]*worker_concurrency: 4\n$/) }],
    ['election', { id: 'x', topic: 'y', action: 'z' }, NO_REPLY],
    ['hello', { from_node: 'general@pod', revoked: {} }, null],
    ['hello', { from_node: 'w1@vm', revoked: null }, { revoked: [], clock: 1 }],
    ['hello', { from_node: 'w1@vm', revoked: ['x', 'y'] }, { revoked: ['x', 'y'], clock: 1 }],
    ['hello', { from_node: 'w1@vm', revoked: { x: [1893.16, 'x'] } }, { revoked: ['x'], clock: 1 }],
    ['revoke', { task_id: ['b', 'c', 'b'], terminate: false }, { ok: "tasks {'b', 'c'} flagged as revoked" }, [['revoked', ['b', 'c']]]],
    ['revoke', { task_id: 'b' }, { ok: "tasks {'b'} flagged as revoked" }, [['revoked', ['b']]]],
    ['revoke', { task_id: [] }, { ok: 'tasks set() flagged as revoked' }, [['revoked', []]]],
    [
      'revoke',
      { task_id: ['a-1', 'r-1', 'b'], terminate: true, signal: 'SIGKILL' },
      { ok: 'terminate: a-1, r-1' },
      [
        ['revoked', ['a-1', 'r-1', 'b']],
        ['terminate', 'a-1', SIGKILL],
        ['terminate', 'r-1', SIGKILL],
      ],
    ],
    ['revoke', { task_id: 'b', terminate: 1, signal: null }, { ok: 'terminate: tasks unknown' }, [['revoked', ['b']]]],
    [
      'terminate',
      { signal: 15, task_id: 'a-1' },
      { ok: 'terminate: a-1' },
      [
        ['revoked', ['a-1']],
        ['terminate', 'a-1', SIGTERM],
      ],
    ],
    [
      'terminate',
      { signal: 'term', task_id: 'a-1' },
      { ok: 'terminate: a-1' },
      [
        ['revoked', ['a-1']],
        ['terminate', 'a-1', SIGTERM],
      ],
    ],
    ['terminate', { signal: 'SIGNONE', task_id: 'a-1' }, { error: "ValueError('unknown signal: SIGNONE')" }],
    ['revoke', { task_id: 5 }, { error: "TypeError('task_id must be a task id or a list of them')" }],
    ['revoke', { task_id: Array(50_001).fill('x') }, { error: "ValueError('50001 task ids, at most 50000 at once')" }],
    ['revoke_by_stamped_headers', { headers: { mon: ['abc'] } }, { ok: "headers {'mon': ['abc']} flagged as revoked, but not terminated" }],
    [
      'revoke_by_stamped_headers',
      { headers: ['monitor=m-1'], terminate: true },
      { ok: "headers {'monitor': 'm-1'} revoked" },
      [['terminate', 'a-1', SIGTERM]],
    ],
    [
      'revoke_by_stamped_headers',
      { headers: { monitor: 'm-9' }, terminate: true },
      { ok: "headers {'monitor': 'm-9'} were not terminated" },
    ],
    ['revoke_by_stamped_headers', { headers: 5 }, { error: "TypeError('headers must be an object or a list')" }],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: '30/m' },
      { ok: 'new rate limit set successfully' },
      [['setRateLimit', 'tasks.add', { text: '30/m', perSecond: 0.5 }]],
    ],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: 5 },
      { ok: 'new rate limit set successfully' },
      [['setRateLimit', 'tasks.add', { text: '5', perSecond: 5 }]],
    ],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: '36/h' },
      { ok: 'new rate limit set successfully' },
      [['setRateLimit', 'tasks.add', { text: '36/h', perSecond: 0.01 }]],
    ],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: 0 },
      { ok: 'rate limit disabled successfully' },
      [['setRateLimit', 'tasks.add', null]],
    ],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: '' },
      { ok: 'rate limit disabled successfully' },
      [['setRateLimit', 'tasks.add', null]],
    ],
    ['rate_limit', { task_name: 'nope', rate_limit: '10/m' }, { error: 'unknown task' }],
    [
      'rate_limit',
      { task_name: 'tasks.add', rate_limit: 'zz' },
      { error: `Invalid rate limit string: ValueError("could not convert string to float: 'zz'")` },
    ],
    [
      'rate_limit',
      { foo: 1 },
      { error: `TypeError("rate_limit() missing 2 required positional arguments: 'task_name' and 'rate_limit'")` },
    ],
    ['rate_limit', { task_name: 'tasks.add' }, { error: `TypeError("rate_limit() missing 1 required positional argument: 'rate_limit'")` }],
    [
      'time_limit',
      { task_name: 'tasks.add', hard: 20, soft: 10 },
      { ok: 'time limits set successfully' },
      [['setTimeLimit', 'tasks.add', { hard: 20, soft: 10 }]],
    ],
    [
      'time_limit',
      { task_name: 'tasks.add', hard: null, soft: 0 },
      { ok: 'time limits set successfully' },
      [['setTimeLimit', 'tasks.add', { hard: null, soft: null }]],
    ],
    ['time_limit', { task_name: 'nope' }, { error: 'unknown task' }],
    ['time_limit', { task_name: 'tasks.add', hard: -1 }, { error: "ValueError('hard must be a number of seconds over 0, or null')" }],
    ['time_limit', { task_name: 'tasks.add', hard: 5, soft: 6 }, { error: "ValueError('soft must be less than or equal to hard')" }],
    ['pool_grow', { n: 2 }, { ok: 'pool will grow' }, [['grow', 2]]],
    ['pool_shrink', {}, { ok: 'pool will shrink' }, [['shrink', 1]]],
    ['pool_grow', { n: 1e9 }, { error: "ValueError('n must be a whole number from 1 to 2000')" }],
    ['pool_shrink', { n: -1 }, { error: "ValueError('n must be a whole number from 1 to 2000')" }],
    ['autoscale', { max: 4, min: 1 }, { error: "ValueError('Autoscale not enabled')" }],
    ['pool_restart', { modules: null, reload: false }, { error: "ValueError('Pool restarts not enabled')" }],
    [
      'add_consumer',
      { queue: 'q2', exchange: null, exchange_type: 'direct', routing_key: null },
      { ok: 'add consumer q2' },
      [['addQueue', 'q2']],
    ],
    ['add_consumer', { queue: 'no' }, { error: `ValueError('no queue "no"')` }],
    ['add_consumer', { queue: 'q'.repeat(256) }, { error: "TypeError('queue must be a text of 1 to 255 bytes')" }],
    ['cancel_consumer', { queue: 'zzz' }, { ok: 'no longer consuming from zzz' }, [['cancelQueue', 'zzz']]],
    ['enable_events', {}, { ok: 'task events enabled' }],
    ['disable_events', {}, { ok: 'task events already disabled' }],
    ['heartbeat', {}, null, [['event', 'worker.heartbeat', 5]]],
    ['shutdown', { msg: 'bye' }, NO_REPLY, [['shutdown']]],
    ['nosuch', {}, { error: "KeyError('nosuch')" }],
    ['__proto__', {}, { error: "KeyError('__proto__')" }],
    ['toString', {}, { error: "KeyError('toString')" }],
  ])('%s %j', async (method, args, reply, expected = []) => {
    const { call, told } = harness();
    expect(await call(method, args)).toEqual(reply);
    expect(told).toEqual(expected);
  });

  it('stats has what Flower shows', async () => {
    expect(await harness().call('stats')).toEqual({
      state: 'consuming',
      total: { 'tasks.add': 2 },
      pid: process.pid,
      clock: '0',
      uptime: expect.any(Number),
      pool: expect.objectContaining({ implementation: 'test', 'max-concurrency': 4, processes: [77], timeouts: [0, 0] }),
      broker: expect.objectContaining({
        hostname: 'node-0',
        port: 5672,
        virtual_host: 'tasks',
        transport: 'amqp',
        alternates: ['node-1:5672'],
      }),
      prefetch_count: 4,
      rusage: expect.objectContaining({ utime: expect.any(Number), maxrss: expect.any(Number), nivcsw: expect.any(Number) }),
    });
  });

  it('active_queues has every key of kombu', async () => {
    const [queue] = (await harness().call('active_queues')) as [Record<string, unknown>];
    expect(new Set(Object.keys(queue))).toEqual(
      new Set(
        [
          'name',
          'exchange',
          'routing_key',
          'queue_arguments',
          'binding_arguments',
          'consumer_arguments',
          'durable',
          'exclusive',
          'auto_delete',
        ].concat(['no_ack', 'alias', 'bindings', 'no_declare', 'expires', 'message_ttl', 'max_length', 'max_length_bytes', 'max_priority']),
      ),
    );
    expect(queue['exchange']).toMatchObject({ name: 'tasks', type: 'topic' });
  });

  it('shows large arguments as the sender wants them shown', () => {
    const request = { ...REQUEST, argsrepr: 'x'.repeat(20_000) };
    expect(requestInfo(request, 'general@pod', false)).toMatchObject({ args: request.argsrepr, kwargs: "{'y': 2}" });
  });

  it('remembers what was revoked, by id and by stamp', async () => {
    const { call, revoked } = harness();
    await call('revoke', { task_id: ['x'] });
    await call('revoke_by_stamped_headers', { headers: { monitor: 'm-1' } });
    expect(await call('revoked')).toEqual(['x']);
    expect(revoked.has({ id: 'x', stamps: {} })).toBe(true);
    expect(revoked.has({ id: 'y', stamps: { monitor: ['m-1'] } })).toBe(true);
    expect(revoked.has({ id: 'y', stamps: {} })).toBe(false);
  });

  it('refuses every command that changes something when it is read-only, and takes over no revoked ids', async () => {
    const { call, told, revoked } = harness({ mayChange: false });
    const refused: string[] = [];
    for (const method of Object.keys(COMMANDS)) {
      const args = {
        task_id: 'a-1',
        signal: 'SIGTERM',
        headers: { a: 'b' },
        task_name: 'tasks.add',
        rate_limit: 1,
        queue: 'q',
        ids: [],
        from_node: 'x',
        revoked: ['y'],
      };
      const reply = (await call(method, args)) as { error?: string } | null;
      if (reply?.error?.startsWith('PermissionError(')) refused.push(method);
    }
    expect(new Set(refused)).toEqual(
      new Set(
        ['add_consumer', 'autoscale', 'cancel_consumer', 'pool_grow', 'pool_restart', 'pool_shrink', 'rate_limit', 'revoke'].concat([
          'revoke_by_stamped_headers',
          'shutdown',
          'terminate',
          'time_limit',
        ]),
      ),
    );
    expect(told.filter(([what]) => what !== 'event')).toEqual([]);
    expect(revoked.ids()).toEqual([]);
  });
});
