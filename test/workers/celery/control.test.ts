import {
  decodeControlRequest,
  encodeControlReply,
  encodeControlRequest,
  errorReply,
  InvalidControlMessage,
  isMeantFor,
} from '../../../workers/celery/control';

const NOW = 1_795_166_957_000;
const PROPERTIES = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { clock: 7, expires: NOW / 1000 + 1 } };
/** As Celery sends it (wire capture of `inspect ping`). */
const PING = {
  method: 'ping',
  arguments: {},
  destination: null,
  pattern: null,
  matcher: null,
  ticket: '7333d8b3-ae85-4d6b-b0d0-f89db43d7a5f',
  reply_to: { exchange: 'reply.celery.pidbox', routing_key: 'bc1fbf85-7120-3af5-9a14-42b3294a9dcf' },
};

const decode = (body: unknown, properties: object = {}) =>
  decodeControlRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { ...PROPERTIES, ...properties }, NOW);

describe('decodeControlRequest', () => {
  it("reads Celery's own", () =>
    expect(decode(PING)).toEqual({
      method: 'ping',
      arguments: {},
      destination: null,
      pattern: null,
      matcher: null,
      replyTo: { exchange: 'reply.celery.pidbox', routingKey: 'bc1fbf85-7120-3af5-9a14-42b3294a9dcf' },
      ticket: '7333d8b3-ae85-4d6b-b0d0-f89db43d7a5f',
      clock: 7,
    }));

  it.each([
    ['no arguments', { ...PING, arguments: null }, { arguments: {} }],
    ['no address', { method: 'revoke' }, { replyTo: null, ticket: null, destination: null }],
    ['one name', { ...PING, destination: 'a@b' }, { destination: ['a@b'] }],
    ['no names', { ...PING, destination: [] }, { destination: null }],
  ])('takes one with %s', (_, body, expected) => expect(decode(body)).toMatchObject(expected));

  it.each([
    ['[]', {}],
    ['null', {}],
    ['{', {}],
    ['', {}],
    [{}, {}],
    [{ ...PING, method: 5 }, {}],
    [{ ...PING, method: 'x'.repeat(101) }, {}],
    [{ ...PING, arguments: [] }, {}],
    [{ ...PING, destination: 5 }, {}],
    [{ ...PING, destination: [5] }, {}],
    [{ ...PING, pattern: {} }, {}],
    [{ ...PING, reply_to: 'x' }, {}],
    [{ ...PING, reply_to: { exchange: 5 } }, {}],
    [{ ...PING, reply_to: { exchange: 'x', routing_key: 'k'.repeat(256) } }, {}],
    [PING, { contentType: 'application/x-python-serialize' }],
    [PING, { contentType: undefined }],
    [PING, { contentEncoding: 'latin-1' }],
    [PING, { headers: { compression: 'application/x-gzip' } }],
    [PING, { headers: { expires: NOW / 1000 - 6 } }],
    [`"${'x'.repeat(4 * 2 ** 20)}"`, {}],
  ])('refuses %.60j with %j', (body, properties) => expect(() => decode(body, properties)).toThrow(InvalidControlMessage));

  it('takes an expired one while clocks may differ', () => {
    expect(decode(PING, { headers: { expires: NOW / 1000 - 4 } }).method).toBe('ping');
    expect(decode(PING, { headers: { expires: 0 } }).method).toBe('ping');
  });
});

describe('isMeantFor', () => {
  it.each([
    [{}, true],
    [{ destination: ['other', 'me@here'] }, true],
    [{ destination: ['other'] }, false],
    [{ destination: ['other'], pattern: '*', matcher: 'glob' }, false],
    [{ pattern: 'me*', matcher: 'glob' }, true],
    [{ pattern: 'you*', matcher: 'glob' }, false],
    [{ pattern: '^me', matcher: 'pcre' }, true],
    [{ pattern: 'you*' }, true],
  ])('%j: %s', (fields, expected) => expect(isMeantFor('me@here', decode({ ...PING, ...fields }))).toBe(expected));
});

describe('encodeControlReply', () => {
  const encode = (reply: unknown) => {
    const { content, properties } = encodeControlReply('me@here', reply, 'ticket', 9);
    return { body: JSON.parse(content.toString()) as unknown, properties };
  };

  it('answers as Celery does', () =>
    expect(encode({ ok: 'pong' })).toEqual({
      body: { 'me@here': { ok: 'pong' } },
      properties: { contentType: 'application/json', contentEncoding: 'utf-8', priority: 0, headers: { ticket: 'ticket', clock: 9 } },
    }));

  it.each([
    [null, null],
    [undefined, null],
    [5n, { error: expect.stringMatching(/^TypeError\(.*BigInt/) }],
    ['x'.repeat(9 * 2 ** 20), { error: expect.stringMatching(/^ValueError\('the reply has \d+ bytes'\)$/) }],
  ])('always sends something', (reply, expected) => expect(encode(reply).body).toEqual({ 'me@here': expected }));
});

it('encodeControlRequest writes what decodeControlRequest reads', () => {
  const { content, properties } = encodeControlRequest(
    'hello',
    { from_node: 'a' },
    { ticket: 't', replyKey: 'k', clock: 3, expiresAtMs: NOW },
  );
  expect(decodeControlRequest(content, properties, NOW)).toMatchObject({
    method: 'hello',
    arguments: { from_node: 'a' },
    ticket: 't',
    clock: 3,
    replyTo: { exchange: 'reply.celery.pidbox', routingKey: 'k' },
  });
});

it('errorReply writes Python exceptions', () => {
  expect(errorReply('KeyError', 'nosuch')).toEqual({ error: "KeyError('nosuch')" });
  expect(errorReply('TypeError', "it's")).toEqual({ error: `TypeError("it's")` });
});
