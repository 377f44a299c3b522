import { formatJson } from '../../constructs/format-json';

describe('formatJson', () => {
  const wide = { name: 'x'.repeat(150), list: [{ a: 1 }, { b: 'y'.repeat(150), c: [] }], nothing: null };

  test('keeps on one line what fits there', () =>
    expect(formatJson({ a: [1, { b: null }], c: {} })).toBe('{ "a": [ 1, { "b": null } ], "c": {} }'));

  test('gives the rest a line for each entry, and is the same value', () => {
    expect(formatJson(wide).split('\n')).toHaveLength(5);
    expect(JSON.parse(formatJson(wide))).toEqual(wide);
  });

  test('does not touch line breaks and spaces inside of texts', () => {
    const value = { text: 'a\n   b' };
    expect(JSON.parse(formatJson(value))).toEqual(value);
  });
});
