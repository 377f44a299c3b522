import * as zlib from 'node:zlib';
import { type BadMessage, bodies, ID, message } from './bad-message';

const GOOD = '[[1],{},{}]';
const MEBIBYTE = 2 ** 20;
const BOMB = Buffer.alloc(50_000_000);

/** A call of `test.echo` with these arguments, as JSON text. */
const call = (...args: string[]) => `[[${args.join(',')}],{},{}]`;
const marked = (type: string, value: string) => call(`{"__type__":"${type}","__value__":${value}}`);
const sized = (bytes: number) => `[["${'x'.repeat(bytes - 12)}"],{},{}]`;
const nested = (open: string, close: string) => call(`${open.repeat(100_000)}1${close.repeat(100_000)}`);
const compressed = (what: string, method: unknown, body: Buffer, end: BadMessage['end']) =>
  message('M10', what, end, { body, headers: { compression: method } });

const JSON_ROWS: readonly BadMessage[] = [
  ...bodies(
    'M1',
    { dead: 'decode-error' },
    {
      'empty body': '',
      'truncated JSON': '[[1,',
      'malformed JSON': "[[1],{},{'a':1}]",
      'no JSON': 'nonsense',
      'JSON with something behind': `${GOOD}]`,
      'a space': ' ',
      'zero bytes': Buffer.alloc(10),
    },
  ),
  ...bodies(
    'M2',
    { dead: 'invalid-body' },
    {
      object: '{}',
      string: '"[[1],{},{}]"',
      number: '5',
      true: 'true',
      null: 'null',
      'empty list': '[]',
      'one item': '[[1]]',
      'two items': '[[1],{}]',
      'four items': '[[1],{},{},{}]',
      'args that are an object': '[{},{},{}]',
      'args that are null': '[null,{},{}]',
      'kwargs that are a list': '[[1],[],{}]',
      'kwargs that are null': '[[1],null,{}]',
      'embed that is a list': '[[1],{},[]]',
      'embed that is a text': '[[1],{},"x"]',
    },
  ),
  ...bodies(
    'M12',
    { dead: 'too-deep' },
    {
      '100,000 lists': nested('[', ']'),
      '100,000 objects': nested('{"a":', '}'),
      '100,000 lists that never end': '['.repeat(100_000),
    },
  ),
  ...bodies('M13', { dead: 'decode-error' }, { NaN: call('NaN'), Infinity: call('Infinity'), '-Infinity': call('-Infinity') }),
  ...bodies(
    'M13',
    { dead: 'unsafe-number' },
    { '1e400': call('1e400'), '-1e400': call('-1e400'), '2^53 + 1': call('9007199254740993'), '400 digits': call('1'.repeat(400)) },
  ),
  message('M13', 'negative zero', { ran: 'SUCCESS', result: -0 }, { body: call('-0') }),
  message('M13', 'duplicate keys', { ran: 'SUCCESS', result: { a: 2 } }, { body: call('{"a":1,"a":2}') }),
  message('M13', 'lone surrogate', { ran: 'SUCCESS', result: '\ud800' }, { body: call('"\\ud800"') }),
];

const VALUES = {
  datetime: '"2026-01-02T03:04:05.678000+00:00"',
  date: '"2026-01-02"',
  time: '"03:04:05"',
  decimal: '"1.10"',
  uuid: '{"hex":"6ba7b8109dad11d180b400c04fd430c8"}',
};

const MARKED_ROWS: readonly BadMessage[] = [
  ...Object.entries(VALUES).map(([type, value]) =>
    message(
      'M14',
      type,
      { ran: 'SUCCESS', result: { __type__: type, __value__: JSON.parse(value) as unknown } },
      { body: marked(type, value) },
    ),
  ),
  message('M14', 'bytes', { ran: 'SUCCESS' }, { body: marked('bytes', '"x"') }),
  message('M14', 'base64', { ran: 'SUCCESS' }, { body: marked('base64', '"eA=="') }),
  message('M14', 'unknown type', { ran: 'SUCCESS', result: { __type__: 'x', __value__: 1 } }, { body: marked('x', '1') }),
  message('M14', 'type that objects inherit', { ran: 'SUCCESS' }, { body: marked('constructor', '1') }),
  ...bodies(
    'M14',
    { dead: 'invalid-value' },
    Object.fromEntries(
      [...Object.keys(VALUES), 'bytes', 'base64'].flatMap((type) => [
        [`${type} that is none`, marked(type, '"\\ud800?"')],
        [`${type} that is a list`, marked(type, '[1]')],
        [`${type} that is null`, marked(type, 'null')],
      ]),
    ),
  ),
  message('M15', '__proto__ in args', { ran: 'SUCCESS' }, { body: call('{"__proto__":{"polluted":true}}') }),
  message('M15', 'constructor.prototype in args', { ran: 'SUCCESS' }, { body: call('{"constructor":{"prototype":{"polluted":true}}}') }),
  message('M15', '__proto__ in kwargs', { ran: 'FAILURE' }, { body: '[[1],{"__proto__":{"polluted":true}},{}]' }),
  message('M15', 'constructor in kwargs', { ran: 'FAILURE' }, { body: '[[],{"constructor":1},{}]', headers: { task: 'test.context' } }),
  message('M15', '__proto__ in embed', { ran: 'SUCCESS' }, { body: '[[1],{},{"__proto__":{"chain":[1]}}]' }),
  message(
    'M15',
    '__proto__ of protocol 1',
    { ran: 'SUCCESS' },
    {
      body: `{"task":"test.echo","id":"${ID}","args":[1],"__proto__":{"callbacks":[1]}}`,
      options: { headers: {} },
    },
  ),
];

const ENCODED_ROWS: readonly BadMessage[] = [
  ...['latin-1', 'utf-16', 'binary', 'us-ascii', 'x-unknown', '\u001b[2J'].map((contentEncoding) =>
    message('M9', `encoding ${JSON.stringify(contentEncoding)}`, { dead: 'content-disallowed' }, { options: { contentEncoding } }),
  ),
  ...bodies(
    'M9',
    { dead: 'decode-error' },
    {
      'invalid UTF-8': Buffer.concat([Buffer.from('[["'), Buffer.from([0xff]), Buffer.from('"],{},{}]')]),
      'half a surrogate pair as bytes': Buffer.concat([Buffer.from('[["'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"],{},{}]')]),
      'byte order mark': `\ufeff${GOOD}`,
      'UTF-16': Buffer.from(GOOD, 'utf16le'),
    },
  ),
  compressed('zlib', 'application/x-gzip', zlib.deflateSync(GOOD), { ran: 'SUCCESS', result: 1 }),
  compressed('gzip', 'application/x-gzip', zlib.gzipSync(GOOD), { ran: 'SUCCESS', result: 1 }),
  compressed('Brotli', 'application/x-brotli', zlib.brotliCompressSync(GOOD), { ran: 'SUCCESS', result: 1 }),
  ...['application/x-bz2', 'application/x-lzma', 'bogus', 'constructor', '', 5, { a: 1 }, [1], true].map((method) =>
    compressed(`compression ${JSON.stringify(method)}`, method, zlib.deflateSync(GOOD), { dead: 'unsupported' }),
  ),
  // Node.js 22.15 and later can read it, and finds that this is none.
  compressed('Zstandard', 'application/zstd', Buffer.from('x'), { dead: 'zstdDecompressSync' in zlib ? 'decode-error' : 'unsupported' }),
  compressed('compressed body that is none', 'application/x-gzip', Buffer.from(GOOD), { dead: 'decode-error' }),
  compressed('corrupt zlib', 'application/x-gzip', zlib.deflateSync(GOOD).fill(0, 5), { dead: 'decode-error' }),
  compressed('zlib cut short', 'application/x-gzip', zlib.deflateSync(GOOD).subarray(0, 9), { dead: 'decode-error' }),
  compressed('compressed nothing', 'application/x-gzip', Buffer.alloc(0), { dead: 'decode-error' }),
  compressed('corrupt Brotli', 'application/x-brotli', Buffer.from(GOOD), { dead: 'decode-error' }),
  compressed('zlib bomb of 50 MB', 'application/x-gzip', zlib.deflateSync(BOMB), { dead: 'too-large' }),
  compressed('gzip bomb of 50 MB', 'application/x-gzip', zlib.gzipSync(BOMB), { dead: 'too-large' }),
  compressed(
    'Brotli bomb of 50 MB',
    'application/x-brotli',
    zlib.brotliCompressSync(BOMB, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
    {
      dead: 'too-large',
    },
  ),
  message('M11', '1 MiB', { ran: 'SUCCESS' }, { body: sized(MEBIBYTE) }),
  message('M11', '4 MiB', { ran: 'SUCCESS' }, { body: sized(4 * MEBIBYTE) }),
  message('M11', 'a byte over 4 MiB', { dead: 'too-large' }, { body: sized(4 * MEBIBYTE + 1) }),
  message('M11', '16 MiB, the most that the broker takes', { dead: 'too-large' }, { body: sized(16 * MEBIBYTE) }),
];

export const BODY_ROWS: readonly BadMessage[] = [...JSON_ROWS, ...MARKED_ROWS, ...ENCODED_ROWS];
