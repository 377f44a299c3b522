import { decodeTask, encodeTask, Rejected } from '../../../workers/celery/message';
import { pythonDate, pythonDecimal, pythonTime, pythonUuid } from '../../../workers/celery/python-types';
import { taskVector } from './vectors';

const decoded = (name: string) => {
  const { content, properties } = taskVector(name);
  return decodeTask(content, properties);
};

describe('decodeTask with captured messages', () => {
  it('reads every field', () => {
    expect(decoded('basic')).toEqual({
      protocol: 2,
      id: '4d0bfa05-0542-4dce-b432-0320797ad227',
      task: 'app1.add',
      args: [2, 3],
      kwargs: {},
      replyTo: '359cead2-6430-3974-8cd6-9107a6c68f7d',
      ignoreResult: false,
      retries: 0,
      eta: null,
      expires: null,
      timeLimit: { hardSeconds: null, softSeconds: null },
      priority: 0,
      rootId: '4d0bfa05-0542-4dce-b432-0320797ad227',
      parentId: null,
      group: null,
      groupIndex: null,
      shadow: null,
      origin: 'gen9445@vm',
      argsrepr: '(2, 3)',
      kwargsrepr: '{}',
      replacedTaskNesting: 0,
      stampedHeaders: [],
      stamps: {},
      headers: {},
      embed: { callbacks: null, errbacks: null, chain: null, chord: null },
    });
  });

  it.each<[string, object]>([
    ['kwargs', { args: [], kwargs: { x: 2, y: 3 } }],
    ['countdown', { eta: new Date('2026-11-20T09:22:02.174Z') }],
    ['eta_naive_utc', { eta: new Date('2026-11-20T09:22:03.792Z') }],
    ['eta_expires', { eta: new Date('2026-11-20T09:22:24.713Z'), expires: new Date('2026-11-20T09:22:53.713Z') }],
    ['expired', { expires: new Date('2026-11-20T09:22:24.317Z') }],
    ['timelimit', { timeLimit: { hardSeconds: 30, softSeconds: 20 } }],
    ['stamped', { stampedHeaders: ['lst', 'monitoring_id'], stamps: { lst: ['x', 'y'], monitoring_id: 'abc' } }],
    ['ignore_result', { ignoreResult: true }],
    ['priority_shadow_headers', { priority: 5, shadow: 'shadow.name', argsrepr: '<secret>', headers: { 'x-tenant': 't1' } }],
    ['retry_again', { retries: 1, parentId: 'df3f7c0c-0551-488f-8a4c-42e5a2fa0c7d', eta: new Date('2026-11-20T09:23:14.442Z') }],
    ['gzip', { args: [1, 2] }],
    ['zlib', { args: [1, 2] }],
    [
      'protocol1',
      {
        protocol: 1,
        task: 'app1.add',
        args: [5, 6],
        id: 'cf6dc53b-e8d6-41b9-9965-8a755d6027aa',
        rootId: 'cf6dc53b-e8d6-41b9-9965-8a755d6027aa',
      },
    ],
    ['send_task', { args: [3, 4] }],
    ['direct', { args: [1, 2] }],
  ])('reads %s', (name, fields) => {
    expect(decoded(name)).toMatchObject(fields);
  });

  it('reads the types that JSON lacks', () => {
    const { args, kwargs } = decoded('json_types');
    expect(args).toEqual([new Date('2026-01-02T03:04:05.000Z'), pythonDate('2026-01-02')]);
    expect(kwargs).toEqual({
      t: pythonTime('01:02:03'),
      d: pythonDecimal('1.10'),
      u: pythonUuid('00000000-0000-0000-0000-000000000005'),
      b: Buffer.from('abc'),
      b2: Buffer.from([0xff, 0]),
      naive: new Date('2026-01-02T03:04:05Z'),
    });
  });

  it.each([
    ['link', 'unsupported'],
    ['link_error', 'unsupported'],
    ['pickle', 'content-disallowed'],
    ['yaml', 'content-disallowed'],
    ['msgpack', 'content-disallowed'],
  ])('refuses %s as %s', (name, reason) => {
    expect(() => decoded(name)).toThrow(expect.objectContaining({ name: Rejected.name, reason }));
  });
});

describe('encodeTask', () => {
  it.each<[string, readonly unknown[], object]>([
    ['basic', [2, 3], {}],
    ['kwargs', [], { kwargs: { x: 2, y: 3 } }],
    ['timelimit', [1, 1], { timeLimit: 30, softTimeLimit: 20 }],
    ['ignore_result', [1, 2], { ignoreResult: true }],
    ['stamped', [1, 2], { stamps: { lst: ['x', 'y'], monitoring_id: 'abc' } }],
    ['priority_shadow_headers', [1, 2], { priority: 5, shadow: 'shadow.name', argsrepr: '<secret>', headers: { 'x-tenant': 't1' } }],
    ['zlib', [1, 2], { compression: 'zlib' }],
  ])('writes %s like a Celery client: every property, header and field of the body', (name, args, options) => {
    const captured = taskVector(name);
    const { correlationId = '', replyTo, headers = {} } = captured.properties;
    const { properties, content } = encodeTask('app1.add', args, {
      id: correlationId,
      replyTo,
      origin: String(headers['origin']),
      ...options,
    });
    const ours = { ...properties.headers, lang: 'py' };
    expect(ours).toEqual(headers);
    expect(new Set(Object.keys(ours))).toEqual(new Set(Object.keys(headers)));
    expect({ ...properties, headers: null }).toEqual({ ...captured.properties, headers: null });
    expect(decodeTask(content, properties)).toEqual(decodeTask(captured.content, captured.properties));
    if (captured.body) expect(JSON.parse(content.toString())).toEqual(captured.body);
  });

  it('is read back as it was meant, with every option', () => {
    const { properties, content } = encodeTask('tasks.lcs', ['ä"', [1, { b: null }], new Date(5)], {
      id: 'x',
      replyTo: 'q',
      kwargs: { raw: Buffer.from([255]) },
      ignoreResult: null,
      eta: new Date('2026-01-02T03:04:05.006Z'),
      expires: new Date('2026-01-02T03:05:05Z'),
      now: new Date('2026-01-02T03:04:05Z'),
      timeLimit: 2.5,
      softTimeLimit: 1,
      retries: 2,
      priority: 9,
      group: 'g',
      groupIndex: 0,
      shadow: 's',
      headers: { tenant: 'a' },
      stamps: { by: 'me' },
      compression: 'brotli',
      origin: 'here',
      rootId: 'r',
      parentId: 'p',
      argsrepr: '(***)',
      kwargsrepr: '{***}',
    });
    expect(properties.expiration).toBe('60000');
    expect(properties.headers).toMatchObject({ lang: 'js', compression: 'application/x-brotli' });
    expect(decodeTask(content, properties)).toEqual({
      protocol: 2,
      id: 'x',
      task: 'tasks.lcs',
      args: ['ä"', [1, { b: null }], new Date(5)],
      kwargs: { raw: Buffer.from([255]) },
      replyTo: 'q',
      ignoreResult: null,
      eta: new Date('2026-01-02T03:04:05.006Z'),
      expires: new Date('2026-01-02T03:05:05Z'),
      timeLimit: { hardSeconds: 2.5, softSeconds: 1 },
      retries: 2,
      priority: 9,
      group: 'g',
      groupIndex: 0,
      shadow: 's',
      headers: { tenant: 'a' },
      stampedHeaders: ['by'],
      stamps: { by: 'me' },
      origin: 'here',
      rootId: 'r',
      parentId: 'p',
      argsrepr: '(***)',
      kwargsrepr: '{***}',
      replacedTaskNesting: 0,
      embed: { callbacks: null, errbacks: null, chain: null, chord: null },
    });
  });

  it('lets what has expired expire at once', () => {
    expect(encodeTask('t', [], { id: 'x', expires: new Date(0) }).properties.expiration).toBe('0');
  });

  it.each<[string, readonly unknown[], object, string]>([
    ['a function', [1, [() => 1]], {}, 'args[1][0] is a function'],
    ['an undefined argument', [undefined], {}, 'args[0] is undefined'],
    ['an undefined in a list of kwargs', [], { kwargs: { a: [undefined] } }, 'kwargs.a[0] is undefined'],
    ['arguments that no worker of ours takes', ['x'.repeat(100)], { maxBodyBytes: 100 }, 'at most 100'],
    ['an empty id', [], { id: '' }, 'id is not'],
    ['an id beyond 255 bytes', [], { id: 'ä'.repeat(128) }, 'id is not'],
    ['priority 256', [], { priority: 256 }, 'priority'],
    ['half a retry', [], { retries: 0.5 }, 'retries'],
    ['no time at all', [], { timeLimit: 0 }, 'timeLimit'],
    ['an invalid soft limit', [], { softTimeLimit: Number.NaN }, 'softTimeLimit'],
    ['a negative position', [], { group: 'g', groupIndex: -1 }, 'groupIndex'],
    ['an eta that is no time', [], { eta: new Date('soon') }, 'eta is no time'],
    ['an expiry that Python cannot hold', [], { expires: new Date(8.64e15) }, 'expires is no time'],
    ["the protocol's headers", [], { headers: { retries: 5, compression: 'x' } }, 'themselves: retries, compression'],
    ["the broker's headers", [], { headers: { 'x-death': [], CC: ['other'] } }, 'x-death, CC'],
  ])('refuses %s', (_, args, options, text) => {
    expect(() => encodeTask('t', args, { id: 'x', ...options })).toThrow(
      expect.objectContaining({ name: 'EncodeError', message: expect.stringContaining(text) }),
    );
  });
});
