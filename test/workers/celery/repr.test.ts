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

describe('tupleRepr', () => {
  it('writes tuples of none, one and two', () => {
    expect([tupleRepr([]), tupleRepr(['a']), tupleRepr([2, 3])]).toEqual(['()', "('a',)", '(2, 3)']);
  });
});
