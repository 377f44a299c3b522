import * as zlib from 'node:zlib';
import { type DecodeLimits, DEFAULT_LIMITS, decodeTask, type MessageProperties, Rejected } from '../../../workers/celery/message';

const good = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { task: 'tasks.add', id: 'a' } };
const BODY = '[[],{},{}]';

function reasonOf(body: string | Buffer, properties: MessageProperties = good, limits?: DecodeLimits): string {
  try {
    decodeTask(Buffer.from(body), properties, limits);
  } catch (error) {
    if (error instanceof Rejected) return error.reason;
    throw error;
  }
  return 'accepted';
}

const withHeaders = (headers: object): MessageProperties => ({ ...good, headers: { ...good.headers, ...headers } });
const fields = (headers: object) => decodeTask(Buffer.from(BODY), withHeaders(headers));
const args = (json: string) => decodeTask(Buffer.from(`[[${json}],{},{}]`), good).args;

describe('a body', () => {
  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'decode-error'],
    ['broken JSON', '[[1', 'decode-error'],
    ['JSON with something behind', `${BODY}]`, 'decode-error'],
    ['NaN', '[[NaN],{},{}]', 'decode-error'],
    ['Infinity', '[[-Infinity],{},{}]', 'decode-error'],
    ['bytes that are not UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), 'decode-error'],
    ['half a surrogate pair as bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'decode-error'],
    ['a byte order mark', `\ufeff${BODY}`, 'decode-error'],
    ['UTF-16', Buffer.from(BODY, 'utf16le'), 'decode-error'],
    ['an object', '{"a":1}', 'invalid-body'],
    ['a list of one', '[[1]]', 'invalid-body'],
    ['a list of two', '[[],{}]', 'invalid-body'],
    ['a list of four', '[[],{},{},{}]', 'invalid-body'],
    ['null', 'null', 'invalid-body'],
    ['a number', '5', 'invalid-body'],
    ['a text', '"[[],{},{}]"', 'invalid-body'],
    ['args that are no list', '[1,{},{}]', 'invalid-body'],
    ['args that are null', '[null,{},{}]', 'invalid-body'],
    ['kwargs that are no object', '[[],[],{}]', 'invalid-body'],
    ['kwargs that are null', '[[],null,{}]', 'invalid-body'],
    ['kwargs that are bytes', '[[],{"__type__":"bytes","__value__":""},{}]', 'invalid-body'],
    ['embed that is a text', '[[],{},"x"]', 'invalid-body'],
    ['embed that is a list', '[[],{},[]]', 'invalid-body'],
    ['a chain', '[[],{},{"chain":[{"task":"x"}]}]', 'unsupported'],
    ['a chord', '[[],{},{"chord":{"task":"x"}}]', 'unsupported'],
    ['callbacks that are no list', '[[],{},{"callbacks":1}]', 'unsupported'],
    ['an empty canvas', '[[],{},{"chain":[],"callbacks":[],"errbacks":null}]', 'accepted'],
    ['the least a Python worker accepts', '[[1,2],{},{}]', 'accepted'],
    ['no embed', '[[1,2],{},null]', 'accepted'],
  ])('%s: %j is judged %s', (_, body, reason) => {
    expect(reasonOf(body)).toBe(reason);
  });

  it('is refused when it is larger than the limit, before anything looks at it', () => {
    const limits = { ...DEFAULT_LIMITS, maxBodyBytes: 20 };
    expect(reasonOf(`["${'x'.repeat(20)}"`, good, limits)).toBe('too-large');
    expect(reasonOf(BODY, good, limits)).toBe('accepted');
    expect(reasonOf(Buffer.alloc(4 * 1024 * 1024 + 1, ' '))).toBe('too-large');
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is refused when %s are nested deeper than the limit', (_, open, close) => {
    const nested = (levels: number) => `[[${open.repeat(levels)}1${close.repeat(levels)}],{},{}]`;
    expect(reasonOf(nested(198))).toBe('accepted');
    expect(reasonOf(nested(199))).toBe('too-deep');
    expect(reasonOf(nested(100_000))).toBe('too-deep');
    expect(reasonOf(nested(4), good, { ...DEFAULT_LIMITS, maxDepth: 5 })).toBe('too-deep');
  });

  it('counts no brackets in texts', () => {
    expect(args(`"${'['.repeat(1000)}\\"${'{'.repeat(1000)}\\\\"`)).toHaveLength(1);
  });
});

describe('a content type', () => {
  it.each<[string, MessageProperties, string]>([
    ['none', { headers: good.headers }, 'content-disallowed'],
    ['empty', { ...good, contentType: '' }, 'content-disallowed'],
    ['pickle', { ...good, contentType: 'application/x-python-serialize', contentEncoding: 'binary' }, 'content-disallowed'],
    ['yaml', { ...good, contentType: 'application/x-yaml' }, 'content-disallowed'],
    ['text', { ...good, contentType: 'text/plain' }, 'content-disallowed'],
    ['other JSON', { ...good, contentType: 'application/json-patch+json' }, 'content-disallowed'],
    ['JSON in latin-1', { ...good, contentType: 'application/json; charset=latin1' }, 'content-disallowed'],
    ['JSON with another parameter', { ...good, contentType: 'application/json; version=2' }, 'content-disallowed'],
    ['JSON in UTF-8', { ...good, contentType: 'application/json; charset=utf-8' }, 'accepted'],
    ['JSON, written otherwise', { ...good, contentType: 'Application/JSON;charset="UTF-8"' }, 'accepted'],
    ['encoding latin-1', { ...good, contentEncoding: 'latin-1' }, 'content-disallowed'],
    ['encoding UTF-16', { ...good, contentEncoding: 'utf-16' }, 'content-disallowed'],
    ['encoding binary', { ...good, contentEncoding: 'binary' }, 'content-disallowed'],
    ['encoding unknown', { ...good, contentEncoding: 'x' }, 'content-disallowed'],
    ['encoding UTF8', { ...good, contentEncoding: 'UTF8' }, 'accepted'],
    ['no encoding', { ...good, contentEncoding: undefined }, 'accepted'],
  ])('%s is judged', (_, properties, reason) => {
    expect(reasonOf(BODY, properties)).toBe(reason);
    // The bytes are not touched: what they hold makes no difference.
    if (reason !== 'accepted') expect(reasonOf('\x80\x04.', properties)).toBe(reason);
  });
});

describe('a compression', () => {
  const compressed = (header: unknown, content: Buffer, limits?: DecodeLimits) =>
    reasonOf(content, withHeaders({ compression: header }), limits);
  const deflated = zlib.deflateSync(BODY);

  it.each<[string, unknown, Buffer, string]>([
    ['zlib', 'application/x-gzip', deflated, 'accepted'],
    ['gzip under the same name', 'application/x-gzip', zlib.gzipSync(BODY), 'accepted'],
    ['Brotli', 'application/x-brotli', zlib.brotliCompressSync(BODY), 'accepted'],
    ['null', null, Buffer.from(BODY), 'accepted'],
    ['bzip2', 'application/x-bz2', deflated, 'unsupported'],
    ['LZMA', 'application/x-lzma', deflated, 'unsupported'],
    ['an unknown one', 'bogus', deflated, 'unsupported'],
    ['a property of objects', 'constructor', deflated, 'unsupported'],
    ['a number', 5, deflated, 'unsupported'],
    ['an object', { a: 1 }, deflated, 'unsupported'],
    ['a body that is none', 'application/x-gzip', Buffer.from(BODY), 'decode-error'],
    ['a body cut short', 'application/x-gzip', deflated.subarray(0, 9), 'decode-error'],
    ['an empty body', 'application/x-gzip', Buffer.alloc(0), 'decode-error'],
    ['a broken checksum', 'application/x-gzip', Buffer.concat([deflated.subarray(0, -1), Buffer.from([0])]), 'decode-error'],
    ['a Brotli body that is none', 'application/x-brotli', Buffer.from(BODY), 'decode-error'],
  ])('%s is judged', (_, header, content, reason) => {
    expect(compressed(header, content)).toBe(reason);
  });

  it.each<[string, Buffer]>([
    ['application/x-gzip', zlib.deflateSync(Buffer.alloc(50_000_000))],
    ['application/x-gzip', zlib.gzipSync(Buffer.alloc(50_000_000))],
    ['application/x-brotli', zlib.brotliCompressSync(Buffer.alloc(50_000_000), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('%s does not unpack a bomb', (header, bomb) => {
    expect(bomb.length).toBeLessThan(100_000);
    expect(compressed(header, bomb)).toBe('too-large');
    expect(compressed(header, zlib.deflateSync(`${BODY}          `), { ...DEFAULT_LIMITS, maxBodyBytes: 15 })).not.toBe('accepted');
  });

  it('reads Zstandard where Node.js does', () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (data: string) => Buffer };
    const reason = compressed('application/zstd', zstdCompressSync?.(BODY) ?? Buffer.from(BODY));
    expect(reason).toBe(zstdCompressSync ? 'accepted' : 'unsupported');
  });
});

describe('a number', () => {
  it.each([
    ['9007199254740991', 'accepted'],
    ['-9007199254740991', 'accepted'],
    ['9007199254740992', 'unsafe-number'],
    ['9007199254740993', 'unsafe-number'],
    ['-9007199254740993', 'unsafe-number'],
    [`1${'0'.repeat(400)}`, 'unsafe-number'],
    ['1e400', 'unsafe-number'],
    ['-1E+0400', 'unsafe-number'],
    ['1e+22', 'accepted'],
    ['1.7976931348623157e308', 'accepted'],
    ['9007199254740994.0', 'accepted'],
    ['0.12345678901234567890', 'accepted'],
    ['"9007199254740993 1e400"', 'accepted'],
    ['{"9007199254740993":"\\"9007199254740993"}', 'accepted'],
  ])('%s is judged', (json, reason) => {
    expect(reasonOf(`[[${json}],{},{}]`)).toBe(reason);
    expect(reasonOf(`[[],{"a":[${json}, 1]},{}]`)).toBe(reason);
  });

  it('below zero keeps its sign', () => {
    expect(args('-0, -0.0')).toEqual([-0, -0]);
  });
});

describe('a marked value', () => {
  it.each([
    ['datetime', '"2026-02-30T00:00:00"'],
    ['datetime', '"soon"'],
    ['datetime', '5'],
    ['datetime', '"2026-01-01T00:00:00+24:00"'],
    ['date', '"2026-13-01"'],
    ['date', '"2026-01-01T00:00:00"'],
    ['time', '"24:00"'],
    ['decimal', '"1,5"'],
    ['decimal', '1.5'],
    ['uuid', '"00000000000000000000000000000005"'],
    ['uuid', '{"hex":"5"}'],
    ['uuid', 'null'],
    ['bytes', '[1]'],
    ['bytes', '"\\ud800"'],
    ['base64', '"a"'],
    ['base64', '"????"'],
  ])('that is no %s is refused: %s', (type, value) => {
    expect(reasonOf(`[[[{"__type__":"${type}","__value__":${value}}]],{},{}]`)).toBe('invalid-value');
    // Python reads the escape, too.
    expect(reasonOf(`[[],{"a":{"\\u005f_type__":"${type}","__value__":${value}}},{}]`)).toBe('invalid-value');
  });

  it.each([
    '{"__type__":"custom","__value__":{"__type__":5,"__value__":null}}',
    '{"__type__":"constructor","__value__":1}',
    '{"__type__":"bytes","__value__":"x","more":1}',
    '{"__type__":"bytes"}',
  ])('that Celery does not know stays an object: %s', (json) => {
    expect(args(json)).toEqual([JSON.parse(json)]);
  });

  it('is found in one that Celery does not know', () => {
    expect(args('{"__type__":"custom","__value__":[{"__type__":"bytes","__value__":"x"}]}')).toEqual([
      { __type__: 'custom', __value__: [Buffer.from('x')] },
    ]);
  });
});

describe('a key or text of JSON', () => {
  it('reaches no prototype', () => {
    const evil = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"t":{"__type__":"bytes","__value__":""}}';
    const { kwargs, args, headers } = decodeTask(Buffer.from(`[[${evil}],${evil},{"__proto__":{"chain":[1]}}]`), {
      ...good,
      headers: JSON.parse('{"task":"t","id":"a","__proto__":{"polluted":true},"mine":1}') as Record<string, unknown>,
    });
    for (const object of [kwargs, args[0] as object, headers]) {
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.hasOwn(object, '__proto__')).toBe(true);
      expect((object as Record<string, unknown>)['polluted']).toBeUndefined();
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is replaced also under __proto__', () => {
    const { kwargs } = decodeTask(Buffer.from('[[],{"__proto__":{"__type__":"bytes","__value__":"x"}},{}]'), good);
    expect(Object.getOwnPropertyDescriptor(kwargs, '__proto__')?.value).toEqual(Buffer.from('x'));
    expect(Object.getPrototypeOf(kwargs)).toBe(Object.prototype);
  });

  it('counts the last time, when it comes twice, as in Python', () => {
    expect(args('{"a":1,"a":2}')).toEqual([{ a: 2 }]);
  });

  it('may be half a surrogate pair', () => {
    expect(args('"\\ud83d"')).toEqual(['\ud83d']);
  });
});

describe('a header', () => {
  it.each<[string, MessageProperties, string]>([
    ['none', { contentType: 'application/json' }, 'unknown-format'],
    ['null', { contentType: 'application/json', headers: null } as unknown as MessageProperties, 'unknown-format'],
    ['a task that is no text', withHeaders({ task: 5 }), 'unknown-format'],
    ['a task that is null', withHeaders({ task: null }), 'unknown-format'],
    ['a task beyond all names', withHeaders({ task: 'x'.repeat(65_536) }), 'invalid-header'],
    ['no id', { ...good, headers: { task: 'tasks.add' } }, 'missing-id'],
    ['an empty id', withHeaders({ id: '' }), 'missing-id'],
    ['an id that is no text', withHeaders({ id: 5 }), 'missing-id'],
    ['an id that fits no correlation id', withHeaders({ id: 'x'.repeat(256) }), 'invalid-header'],
    ['an id of bytes', withHeaders({ id: Buffer.from('a') }), 'missing-id'],
    ['a root that is no text', withHeaders({ root_id: 5 }), 'invalid-header'],
    ['a parent that is no text', withHeaders({ parent_id: {} }), 'invalid-header'],
    ['a group that is no text', withHeaders({ group: [] }), 'invalid-header'],
    ['a position that is no number', withHeaders({ group_index: '0' }), 'invalid-header'],
    ['a position below 0', withHeaders({ group_index: -1 }), 'invalid-header'],
    ['a shadow that is no text', withHeaders({ shadow: 1 }), 'invalid-header'],
    ['an origin that is no text', withHeaders({ origin: 1 }), 'invalid-header'],
    ['an argsrepr that is no text', withHeaders({ argsrepr: [] }), 'invalid-header'],
    ['ignore_result as text', withHeaders({ ignore_result: 'false' }), 'invalid-header'],
    ['ignore_result as number', withHeaders({ ignore_result: 0 }), 'invalid-header'],
    ['retries below 0', withHeaders({ retries: -1 }), 'invalid-header'],
    ['retries without an end', withHeaders({ retries: 1e9 }), 'invalid-header'],
    ['half a retry', withHeaders({ retries: 0.5 }), 'invalid-header'],
    ['retries as text', withHeaders({ retries: '3' }), 'invalid-header'],
    ['no retries', withHeaders({ retries: null }), 'accepted'],
    ['replaced_task_nesting as text', withHeaders({ replaced_task_nesting: 'x' }), 'invalid-header'],
    ['stamps as a list', withHeaders({ stamps: [] }), 'invalid-header'],
    ['stamped_headers as a text', withHeaders({ stamped_headers: 'a' }), 'invalid-header'],
    ['stamped_headers of numbers', withHeaders({ stamped_headers: [1] }), 'invalid-header'],
    ['priority 256', { ...good, priority: 256 }, 'invalid-header'],
    ['priority below 0', { ...good, priority: -1 }, 'invalid-header'],
    ['priority as text', { ...good, priority: '5' } as unknown as MessageProperties, 'invalid-header'],
  ])('%s is judged', (_, properties, reason) => {
    expect(reasonOf(BODY, properties)).toBe(reason);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'x', 'invalid-header'],
    ['a number', 5, 'invalid-header'],
    ['a list of one', [60], 'invalid-header'],
    ['a list of three', [1, 2, 3], 'invalid-header'],
    ['texts', ['60', '50'], 'invalid-header'],
    ['a limit below 0', [-1, null], 'invalid-header'],
    ['no number', [Number.NaN, null], 'invalid-header'],
    ['no end', [Number.POSITIVE_INFINITY, null], 'invalid-header'],
    ['an object', { 0: 1, 1: 2, length: 2 }, 'invalid-header'],
    ['a list without values', [undefined, null], 'invalid-header'],
  ])('timelimit: %s is refused', (_, timelimit, reason) => {
    expect(reasonOf(BODY, withHeaders({ timelimit }))).toBe(reason);
  });

  it.each<[unknown, number | null, number | null]>([
    [[60, 50], 60, 50],
    [[1.5, null], 1.5, null],
    [[null, 50], null, 50],
    [[null, null], null, null],
    [[0, 0], null, null],
    [null, null, null],
    [undefined, null, null],
  ])('timelimit %j is read', (timelimit, hardSeconds, softSeconds) => {
    expect(fields({ timelimit }).timeLimit).toEqual({ hardSeconds, softSeconds });
  });

  it.each(['eta', 'expires'])('%s: what is no time is refused', (name) => {
    const wrong = ['soon', '', 5, true, {}, new Date(), '2026-02-30T00:00:00', '2026-01-01T24:00:00', '2026-01-01T00:60:00'];
    const outOfRange = ['2026-01-01T00:00:00+99:99', '2026-01-01T00:00:00-24:00', '0000-01-01T00:00:00', '10000-01-01T00:00:00'];
    for (const value of [...wrong, ...outOfRange, `2026-01-01T00:00:00.${'1'.repeat(100_000)}`]) {
      expect([value, reasonOf(BODY, withHeaders({ [name]: value }))]).toEqual([value, 'invalid-header']);
    }
  });

  it.each([
    ['2026-01-02T03:04:05.678901+00:00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.5', '2026-01-02T03:04:05.500Z'],
    ['2026-01-02 03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
    ['2026-01-02T03:04:05+05:30', '2026-01-01T21:34:05.000Z'],
    ['2026-01-02T03:04:05-0100', '2026-01-02T04:04:05.000Z'],
    ['2024-02-29T00:00:00', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00.000Z'],
    ['0099-12-31T00:00:00+00:00', '0099-12-31T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999999+00:00', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59-23:59', '+010000-01-01T23:58:59.000Z'],
  ])('eta and expires: %s is read', (text, time) => {
    expect(fields({ eta: text, expires: text })).toMatchObject({ eta: new Date(time), expires: new Date(time) });
  });

  it.each([null, undefined])('ignore_result %j leaves it to the task', (value) => {
    expect(fields({ ignore_result: value }).ignoreResult).toBeNull();
  });

  it.each(['', 'constructor', '__proto__', 'x'.repeat(10_240), 'tasks.\u001b[31madd\n'])('may hold any name of a task', (task) => {
    expect(fields({ task }).task).toBe(task);
  });

  it("of nobody's is the caller's own, except those that the broker adds", () => {
    const broker = { 'x-death': [{ count: 1 }], 'x-first-death-queue': 'q', 'x-last-death-reason': 'expired', 'x-delivery-count': 3 };
    const { headers, stamps } = fields({ lang: 'go', celery_beat_task: true, tenant: { a: 1 }, stamps: { by: 'me' }, ...broker });
    expect(headers).toEqual({ celery_beat_task: true, tenant: { a: 1 } });
    expect(stamps).toEqual({ by: 'me' });
  });

  it('keeps what is shown short and without control characters', () => {
    const { argsrepr, kwargsrepr } = fields({ argsrepr: `\u001b[2J\u202e${'x'.repeat(60_000)}`, kwargsrepr: '\u0000' });
    expect(argsrepr).toHaveLength(1024);
    expect(argsrepr.slice(0, 20)).toBe('\\u{1b}[2J\\u{202e}xxx');
    expect(kwargsrepr).toBe('\\u{0}');
  });
});

describe('protocol 1', () => {
  const bare: MessageProperties = { contentType: 'application/json', contentEncoding: 'utf-8', headers: {} };
  const task = { task: 'tasks.add', id: 'a', args: [1], kwargs: { y: 2 }, utc: true };
  const decoded = (more: object, properties = bare) => decodeTask(Buffer.from(JSON.stringify({ ...task, ...more })), properties);

  it('is read from the body', () => {
    const more = { eta: '2026-01-02T03:04:05.678', expires: '2026-01-02T04:04:05', retries: 2, timelimit: [3, null], taskset: 'g' };
    expect(decoded({ ...more, group: null, callbacks: [] }, { ...bare, replyTo: 'q', headers: { tenant: 't' } })).toMatchObject({
      protocol: 1,
      id: 'a',
      task: 'tasks.add',
      args: [1],
      kwargs: { y: 2 },
      replyTo: 'q',
      eta: new Date('2026-01-02T03:04:05.678Z'),
      expires: new Date('2026-01-02T04:04:05Z'),
      retries: 2,
      timeLimit: { hardSeconds: 3, softSeconds: null },
      group: 'g',
      ignoreResult: null,
      headers: { tenant: 't' },
    });
  });

  it('may come without arguments and without headers', () => {
    const content = Buffer.from('{"task":"t","id":"a"}');
    expect(decodeTask(content, { contentType: 'application/json' })).toMatchObject({ protocol: 1, args: [], kwargs: {} });
  });

  it('may come under the headers of protocol 2, which then count', () => {
    const headers = { task: 'tasks.add', id: 'b', retries: 1 };
    expect(decoded({ retries: 5, shadow: 's' }, { ...bare, headers })).toMatchObject({
      id: 'b',
      retries: 1,
      shadow: 's',
      args: [1],
      headers: {},
    });
  });

  it.each<[string, object, string]>([
    ['no id', { id: null }, 'missing-id'],
    ['an id with half a surrogate pair', { id: '\ud800' }, 'invalid-header'],
    ['a task that is no text', { task: [] }, 'unknown-format'],
    ['args that are an object', { args: {} }, 'invalid-body'],
    ['kwargs that are a list', { kwargs: [] }, 'invalid-body'],
    ['an eta that is no time', { eta: 'soon' }, 'invalid-header'],
    ['expires as a number', { expires: 60 }, 'invalid-header'],
    ['an eta in a zone that is not named', { utc: false, eta: '2026-01-02T03:04:05' }, 'invalid-header'],
    ['callbacks', { callbacks: [{ task: 'x' }] }, 'unsupported'],
    ['a chord', { chord: { task: 'x' } }, 'unsupported'],
  ])('refuses %s', (_, more, reason) => {
    expect(() => decoded(more)).toThrow(expect.objectContaining({ name: 'Rejected', reason }));
  });

  it.each(['[[1,2],{},{}]', '{"id":"a"}', '"task"', 'null'])('is nothing else: %s', (body) => {
    expect(reasonOf(body, bare)).toBe('unknown-format');
  });

  it('is judged by its content type and JSON first', () => {
    expect(reasonOf('{', bare)).toBe('decode-error');
    expect(reasonOf('{}', { headers: {} })).toBe('content-disallowed');
  });
});

describe('Rejected', () => {
  it('quotes little of what it refuses, and nothing that moves a cursor', () => {
    for (const compression of ['\u001b[2J\r\n\u202e\u2028', 'x'.repeat(60_000)]) {
      const error = (() => {
        try {
          decodeTask(Buffer.from(BODY), withHeaders({ compression }));
        } catch (error) {
          return error as Rejected;
        }
        return undefined;
      })();
      expect(error?.message.length).toBeLessThan(230);
      expect(error?.message).toMatch(/^unsupported: compression [\x20-\x7e]+$/);
    }
  });
});
