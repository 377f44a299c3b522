import { delayedRoutingKey, withoutDelay } from '../../../workers/celery/delayed-delivery';

const digits = (text: string) => Array.from(text.padStart(28, '0')).join('.');

describe('delayedRoutingKey', () => {
  it.each([
    [5, '101'],
    [5.999, '101'],
    [1, '1'],
    [0.5, '0'],
    [0, '0'],
    [-3, '0'],
    [2 ** 28 - 1, '1'.repeat(28)],
    [2 ** 28, '1'.repeat(28)],
    [Infinity, '1'.repeat(28)],
  ])('writes %d s as binary digits before the key', (seconds, binary) => {
    expect(delayedRoutingKey(seconds, 'small')).toBe(`${digits(binary)}.small`);
  });

  it('replaces an older delay, and only the first 28 digits', () => {
    expect(delayedRoutingKey(1, delayedRoutingKey(7, 'a.1.b'))).toBe(`${digits('1')}.a.1.b`);
    expect(delayedRoutingKey(1, delayedRoutingKey(7, '1.0.b'))).toBe(`${digits('1')}.1.0.b`);
  });

  it.each([
    ['no number', Number.NaN, 'small'],
    ['an empty key', 1, ''],
    ['a key of digits only', 1, `${digits('1')}.`],
    ['a key that grows too long', 1, 'x'.repeat(200)],
  ])('refuses %s', (_, seconds, key) => {
    expect(() => delayedRoutingKey(seconds, key)).toThrow(RangeError);
  });

  it('takes the longest key that fits', () => {
    expect(delayedRoutingKey(1, 'x'.repeat(199))).toHaveLength(255);
  });
});

describe('withoutDelay', () => {
  it.each(['small', '1.0.small', `${'1.'.repeat(27)}small`, ''])('leaves %s as it is', (key) => {
    expect(withoutDelay(key)).toBe(key);
  });

  it('takes a delay away', () => {
    expect(withoutDelay(delayedRoutingKey(9, 'a.b'))).toBe('a.b');
  });
});
