import { createContext, runInContext } from 'node:vm';
import { decodeJson, decodeJsonLeniently } from '../../../workers/celery/decode-json';
import { EncodeError, encodeJson } from '../../../workers/celery/encode-json';
import { pythonDate, pythonDecimal, pythonTime, pythonUuid } from '../../../workers/celery/python-types';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

describe('encodeJson', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    ['ä"\n\u2028😀', '"ä\\"\\n\u2028😀"'],
    ['\ud83d', '"\\ud83d"'],
    [[1, -2.5, 1e22, 5e-324], '[1,-2.5,1e+22,5e-324]'],
    [-0, '-0.0'],
    [2 ** 53 - 1, '9007199254740991'],
    [2 ** 53, '9007199254740992.0'],
    [-(2 ** 60), '-1152921504606847000.0'],
    [9007199254740993n, '9007199254740993'],
    [{ a: undefined, b: { c: true }, '"': [] }, '{"b":{"c":true},"\\"":[]}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [new Date('2026-01-02T03:04:05.006Z'), '{"__type__":"datetime","__value__":"2026-01-02T03:04:05.006000+00:00"}'],
    [Buffer.from('ä"'), '{"__type__":"bytes","__value__":"ä\\""}'],
    [new Uint8Array([0xff, 0]), '{"__type__":"base64","__value__":"/wA="}'],
    [Buffer.from('\ufeffa'), '{"__type__":"bytes","__value__":"\ufeffa"}'],
    [{ toJSON: () => ({ at: new Date(0) }) }, '{"at":{"__type__":"datetime","__value__":"1970-01-01T00:00:00.000000+00:00"}}'],
    [runInContext('new Date(0)', createContext()), '{"__type__":"datetime","__value__":"1970-01-01T00:00:00.000000+00:00"}'],
  ])('writes %j', (value, json) => {
    expect(encodeJson(value)).toBe(json);
  });

  it('is read back, whatever it is', () => {
    const value = {
      list: [null, true, 'x', 1.5, -0, 2 ** 60, new Date(1), Buffer.from([1, 255])],
      date: pythonDate('2026-01-02'),
      time: pythonTime('01:02:03.000004+01:00'),
      decimal: pythonDecimal('1.10'),
      uuid: pythonUuid('6BA7B810-9DAD-11D1-80B4-00C04FD430C8'),
      custom: { __type__: 'custom', __value__: 1 },
    };
    expect(decodeJson(encodeJson(value))).toEqual(value);
    expect(decodeJson(encodeJson(structuredClone({ ...value, list: [] })))).toEqual({ ...value, list: [] });
    expect(value.uuid).toEqual({ __type__: 'uuid', __value__: { hex: '6ba7b8109dad11d180b400c04fd430c8' } });
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = [circular];

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'the value is undefined'],
    ['undefined in a list', { a: [1, undefined] }, 'the value.a[1] is undefined'],
    ['a hole in a list', Array.from({ length: 1 }), 'the value[0] is undefined'],
    ['a function', { a: { b: () => 1 } }, 'the value.a.b is a function'],
    ['a symbol', [Symbol('x')], 'the value[0] is a symbol'],
    ['NaN', [Number.NaN], 'the value[0] is NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'the value is Infinity'],
    ['no date', new Date('soon'), 'the value is a Date'],
    ['a date before Python', new Date(-1e14), 'the value is a Date'],
    ['a Map', [new Map()], 'the value[0] is a Map'],
    ['a Set', new Set([1]), 'the value is a Set'],
    ['an error', new TypeError('x'), 'the value is a TypeError'],
    ['a promise', Promise.resolve(1), 'the value is a Promise'],
    ['other arrays of numbers', new Float64Array(1), 'the value is a Float64Array'],
    ['201 levels', nested(201), 'nested deeper than 200'],
    ['a value that holds itself', circular, 'holds itself'],
  ])('refuses %s, and says where', (_, value, text) => {
    expect(() => encodeJson(value)).toThrow(EncodeError);
    expect(() => encodeJson(value)).toThrow(text);
  });

  it('takes 200 levels', () => {
    expect(decodeJson(encodeJson(nested(200)))).toEqual(nested(200));
  });
});

describe('values of Python', () => {
  it.each([() => pythonDate('2026-02-30'), () => pythonTime('25:00'), () => pythonDecimal('one'), () => pythonUuid('5')])(
    'are checked when they are made',
    (make) => {
      expect(make).toThrow(RangeError);
    },
  );

  it.each(['1.10', '-1E+5', '.5', '5.', 'NaN', 'sNaN123', '-Infinity', 'inf'])('take the decimal %s', (text) => {
    expect(pythonDecimal(text)).toEqual({ __type__: 'decimal', __value__: text });
  });
});

describe('decodeJsonLeniently', () => {
  const read = (text: string) => decodeJsonLeniently(Buffer.from(text));

  it.each<[string, unknown]>([
    ['[9007199254740993, -9007199254740993, 9007199254740991]', [9007199254740993n, -9007199254740993n, 9007199254740991]],
    ['{"9007199254740993":"9007199254740993 NaN"}', { '9007199254740993': '9007199254740993 NaN' }],
    ['[NaN, Infinity, -Infinity, 1e400]', [Number.NaN, Infinity, -Infinity, Infinity]],
    ['{"__type__":"datetime","__value__":"soon"}', { __type__: 'datetime', __value__: 'soon' }],
    ['[{"__type__":"bytes","__value__":"x"}]', [Buffer.from('x')]],
    ['1.2345678901234567', 1.2345678901234567],
  ])('keeps %s', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it('keeps the digits of what would take minutes to convert', () => {
    const digits = '7'.repeat(1_000_000);
    expect(read(`[${digits}]`)).toEqual([digits]);
    expect(read('8'.repeat(4300))).toBe(BigInt('8'.repeat(4300)));
  });

  it('keeps what is nested deeper than a stack', () => {
    let value = read(`${'['.repeat(100_000)}9007199254740993${']'.repeat(100_000)}`);
    while (Array.isArray(value)) value = value[0];
    expect(value).toBe(9007199254740993n);
  });

  it.each(['', '[NaN', 'nul', '[Infinity5]'])('refuses what is no JSON: %j', (text) => {
    expect(() => read(text)).toThrow(SyntaxError);
  });
});
