import { matchesNodeName } from '../../../workers/celery/node-name-match';

const NAME = 'general@tasks-worker-general-7d9f8b6c5-x2x4z';

describe('matchesNodeName', () => {
  it.each([
    ['general@*', true],
    ['*', true],
    ['', false],
    ['gener?l@*', true],
    ['general', false],
    ['*x4z', true],
    ['*x4', false],
    ['[a-g]eneral@*', true],
    ['[!a-f]eneral@*', true],
    ['[!a-g]eneral@*', false],
    ['GENERAL@*', false],
    ['general@tasks-worker-general-7d9f8b6c5-x2x4z', true],
    ['general@tasks.worker*', false],
    ['[', false],
    ['*[]@]tasks*', true],
  ])('glob %j: %s', (pattern, expected) => expect(matchesNodeName(NAME, pattern, 'glob')).toBe(expected));

  it.each([
    ['general', true],
    ['^general@', true],
    ['tasks', false],
    ['.*x4z$', true],
    ['(heavy|general)@', true],
  ])('pcre %j, from the beginning: %s', (pattern, expected) => expect(matchesNodeName(NAME, pattern, 'pcre')).toBe(expected));

  it('is quick with many stars', () => {
    const started = performance.now();
    expect(matchesNodeName('a'.repeat(200), `${'*a'.repeat(200)}*b`, 'glob')).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('gives up on a pattern that would take for ever', () => {
    const started = performance.now();
    expect(() => matchesNodeName('a'.repeat(60), '(a+)+$b', 'pcre')).toThrow(/timed out/);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ['(', 'pcre', /Invalid regular expression/],
    ['^w.@', 'regex', /unknown matcher "regex"/],
    ['x'.repeat(501), 'glob', /over 500 characters/],
  ])('throws for %j as %s', (pattern, matcher, error) => expect(() => matchesNodeName(NAME, pattern, matcher)).toThrow(error));
});
