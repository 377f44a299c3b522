import { decodeTask, encodeTask, type MessageProperties, Rejected } from '../../../workers/celery/message';
import { taskVector } from './vectors';

const NO_CANVAS = { callbacks: null, errbacks: null, chain: null, chord: null };
const good = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { task: 'tasks.add', id: 'a' } };

function reasonOf(body: string | Buffer, properties: MessageProperties = good): string {
  try {
    decodeTask(Buffer.from(body), properties);
  } catch (error) {
    if (error instanceof Rejected) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('encodeTask', () => {
  it('writes every property, header and body field a Celery client writes', () => {
    const captured = taskVector('basic');
    const { properties, content } = encodeTask('app1.add', [2, 3], {
      id: captured.properties.correlationId ?? '',
      replyTo: captured.properties.replyTo,
    });
    const ours = { ...properties.headers, lang: 'py', origin: captured.properties.headers?.['origin'] };
    expect(ours).toEqual(captured.properties.headers);
    expect(Object.keys(ours)).toEqual(Object.keys(captured.properties.headers ?? {}));
    expect({ ...properties, headers: null }).toEqual({ ...captured.properties, headers: null });
    expect(JSON.parse(content.toString())).toEqual(captured.body);
  });

  it('is read back as it was meant', () => {
    const { properties, content } = encodeTask('tasks.lcs', ['ä"', [1, { b: null }]], { id: 'x', ignoreResult: true });
    expect(decodeTask(content, properties)).toMatchObject({
      id: 'x',
      task: 'tasks.lcs',
      args: ['ä"', [1, { b: null }]],
      ignoreResult: true,
    });
  });
});

describe('decodeTask with captured messages', () => {
  it('reads positional arguments, the caller and the ids', () => {
    const { content, properties } = taskVector('basic');
    expect(decodeTask(content, properties)).toEqual({
      id: '4d0bfa05-0542-4dce-b432-0320797ad227',
      task: 'app1.add',
      args: [2, 3],
      kwargs: {},
      replyTo: '359cead2-6430-3974-8cd6-9107a6c68f7d',
      ignoreResult: false,
      retries: 0,
      eta: null,
      expires: null,
      rootId: '4d0bfa05-0542-4dce-b432-0320797ad227',
      parentId: null,
      timeLimit: { hardSeconds: null, softSeconds: null },
      headers: {},
    });
  });

  it('reads keyword arguments', () => {
    const { content, properties } = taskVector('kwargs');
    expect(decodeTask(content, properties)).toMatchObject({ args: [], kwargs: { x: 2, y: 3 } });
  });

  it('reads times with microseconds', () => {
    const { content, properties } = taskVector('countdown');
    expect(decodeTask(content, properties).eta).toEqual(new Date('2026-11-20T09:22:02.174Z'));
  });

  it.each(['eta_expires', 'timelimit', 'stamped', 'ignore_result', 'priority_shadow_headers', 'send_task', 'direct', 'json_types'])(
    'accepts %s',
    (name) => {
      const { content, properties } = taskVector(name);
      expect(decodeTask(content, properties).id).toBe(properties.headers?.['id']);
    },
  );

  it.each([
    ['link', 'unsupported'],
    ['link_error', 'unsupported'],
    ['gzip', 'unsupported'],
    ['pickle', 'content-disallowed'],
    ['yaml', 'content-disallowed'],
    ['msgpack', 'content-disallowed'],
    ['protocol1', 'unknown-format'],
  ])('refuses %s as %s', (name, reason) => {
    const { content, properties } = taskVector(name);
    expect(reasonOf(content, properties)).toBe(reason);
  });
});

describe('decodeTask with bad input', () => {
  it.each([
    ['an empty body', '', 'decode-error'],
    ['broken JSON', '[[1', 'decode-error'],
    ['NaN', '[[NaN],{},{}]', 'decode-error'],
    ['bytes that are not UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), 'decode-error'],
    ['a byte order mark', '\ufeff[[],{},{}]', 'decode-error'],
    ['an object', '{"a":1}', 'invalid-body'],
    ['a list of one', '[[1]]', 'invalid-body'],
    ['null', 'null', 'invalid-body'],
    ['args that are no list', '[1,{},{}]', 'invalid-body'],
    ['kwargs that are no object', '[[],[],{}]', 'invalid-body'],
    ['embed that is a text', '[[],{},"x"]', 'invalid-body'],
  ])('refuses %s', (_, body, reason) => {
    expect(reasonOf(body)).toBe(reason);
  });

  it.each<[string, MessageProperties, string]>([
    ['no headers', { contentType: 'application/json' }, 'unknown-format'],
    ['a task that is no text', { ...good, headers: { task: 5, id: 'a' } }, 'unknown-format'],
    ['no id', { ...good, headers: { task: 'tasks.add' } }, 'missing-id'],
    ['no content type', { headers: good.headers }, 'content-disallowed'],
    ['latin-1', { ...good, contentEncoding: 'latin-1' }, 'content-disallowed'],
    ['retries below 0', { ...good, headers: { ...good.headers, retries: -1 } }, 'invalid-header'],
    ['retries as text', { ...good, headers: { ...good.headers, retries: '3' } }, 'invalid-header'],
    ['an eta that is no time', { ...good, headers: { ...good.headers, eta: 'soon' } }, 'invalid-header'],
    ['an eta with an impossible offset', { ...good, headers: { ...good.headers, eta: '2026-01-01T00:00:00+99:99' } }, 'invalid-header'],
    ['expires as a number', { ...good, headers: { ...good.headers, expires: 5 } }, 'invalid-header'],
    ['an unknown compression', { ...good, headers: { ...good.headers, compression: 'bogus' } }, 'unsupported'],
  ])('refuses %s', (_, properties, reason) => {
    expect(reasonOf(JSON.stringify([[], {}, NO_CANVAS]), properties)).toBe(reason);
  });

  it('accepts the least a Python worker accepts', () => {
    expect(reasonOf('[[1,2],{},{}]')).toBe('accepted');
    expect(reasonOf('[[1,2],{},null]')).toBe('accepted');
  });

  it('keeps __proto__ keys from reaching any prototype', () => {
    const { kwargs } = decodeTask(Buffer.from('[[],{"__proto__":{"polluted":true}},{}]'), good);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(kwargs)).toBe(Object.prototype);
  });
});
