import { pythonDate, pythonDecimal, pythonTime, pythonUuid } from '../../../workers/celery/python-types';
import { pythonRepr, tupleRepr } from '../../../workers/celery/repr';

describe('pythonRepr', () => {
  it.each([
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [2.5, '2.5'],
    ['it', "'it'"],
    ["it's", '"it\'s"'],
    [`it's "so"`, `'it\\'s "so"'`],
    ['a\\b\n\u0007', "'a\\\\b\\n\\x07'"],
    [[1, [2]], '[1, [2]]'],
    [12345678901234567890n, '12345678901234567890'],
    [Buffer.from([0x61, 0]), "b'a\\x00'"],
    [new Date(0), 'datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)'],
    [new Date('2026-01-02T03:04:05Z'), 'datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)'],
    [new Date('2026-01-02T03:04:00.5Z'), 'datetime.datetime(2026, 1, 2, 3, 4, 0, 500000, tzinfo=datetime.timezone.utc)'],
    [new Date(Number.NaN), 'None'],
    [pythonDate('2026-01-02'), 'datetime.date(2026, 1, 2)'],
    [pythonTime('01:02'), 'datetime.time(1, 2)'],
    [pythonTime('01:02:03.000004+00:00'), 'datetime.time(1, 2, 3, 4, tzinfo=datetime.timezone.utc)'],
    [[pythonDecimal('1.10')], "[Decimal('1.10')]"],
    [pythonUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8'), "UUID('6ba7b810-9dad-11d1-80b4-00c04fd430c8')"],
    [{ __type__: 'date', __value__: 5 }, "{'__type__': 'date', '__value__': 5}"],
    [{ __type__: 'own', __value__: 5 }, "{'__type__': 'own', '__value__': 5}"],
    [{ x: 2, y: [null] }, "{'x': 2, 'y': [None]}"],
  ])('writes %j as Python would', (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  it('is quick with what is large, and safe with what is deep', () => {
    const large = Array.from({ length: 1_000_000 }, () => ({ text: 'x'.repeat(100) }));
    const started = performance.now();
    expect(pythonRepr(large)).toHaveLength(1024);
    expect(performance.now() - started).toBeLessThan(1000);
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(pythonRepr(deep)).toMatch(/^\[{51}\.\.\.\]{51}$/);
  });

  it('shortens to 1024 characters', () => {
    expect(pythonRepr('x'.repeat(5000))).toHaveLength(1024);
    expect(tupleRepr(['x'.repeat(5000)])).toHaveLength(1024);
    expect(pythonRepr(Array(5000).fill('x'))).toMatch(/^\['x', 'x', .*\.\.\.$/);
  });
});

describe('the representation of megabytes', () => {
  it('looks at no more than it shows', () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => ({ index, text: 'x'.repeat(50) }));
    let asked = 0;
    const watched = new Proxy(rows, {
      get: (list, key) => (typeof key === 'string' && /^\d+$/.test(key) && asked++, Reflect.get(list, key)),
    });
    expect(pythonRepr(watched)).toHaveLength(1024);
    expect(asked).toBeLessThan(100);
    expect(pythonRepr('x'.repeat(2 ** 24))).toBe(`'${'x'.repeat(1020)}...`);
  });
});

describe('tupleRepr', () => {
  it('writes tuples of none, one and two', () => {
    expect([tupleRepr([]), tupleRepr(['a']), tupleRepr([2, 3])]).toEqual(['()', "('a',)", '(2, 3)']);
  });
});
