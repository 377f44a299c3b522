import { isRetried, mayRetry, retryDelay } from '../../../workers/runtime/retry-policy';

class Temporary extends Error {}
class Permanent extends Temporary {}

describe('isRetried', () => {
  it.each([
    ['nothing without `on`', {}, new Error('x'), false],
    ['a listed class', { on: [Temporary] }, new Temporary(), true],
    ['a class below a listed one', { on: [Error] }, new Temporary(), true],
    ['no other class', { on: [Temporary] }, new Error('x'), false],
    ['nothing that is excepted', { on: [Temporary], except: [Permanent] }, new Permanent(), false],
    ['what a test says', { on: (error: unknown) => error === 5 }, 5, true],
    ['what a test says, except', { on: () => true, except: [Permanent] }, new Permanent(), false],
  ])('retries %s', (_, options, error, expected) => {
    expect(isRetried(options, error)).toBe(expected);
  });
});

describe('mayRetry', () => {
  it.each([
    [undefined, 2, true],
    [undefined, 3, false],
    [0, 0, false],
    [5, 4, true],
    [null, 1_000_000, true],
  ])('max %s after %i retries: %s', (max, retries, expected) => {
    expect(mayRetry(max, { retries })).toBe(expected);
  });
});

describe('retryDelay, as Celery computes it', () => {
  it.each([
    ["Celery's default", {}, 0, 180],
    ['a fixed delay', { delaySeconds: 5 }, 7, 5],
    ['a doubling backoff', { backoff: true, jitter: false }, 3, 8],
    ['a factor', { backoff: 10, jitter: false }, 2, 40],
    ['the longest backoff', { backoff: true, jitter: false }, 20, 600],
    ['an own longest backoff', { backoff: 7, backoffMaxSeconds: 20, jitter: false }, 5, 20],
    ['a factor below 1, as 1', { backoff: 0.5, jitter: false }, 0, 1],
    ['a broken factor, as the whole one below', { backoff: 2.9, jitter: false }, 0, 2],
  ])('%s', (_, options, retries, seconds) => {
    expect(retryDelay(options, retries)).toBe(seconds);
  });

  it('with jitter takes any whole number up to the backoff, both ends included', () => {
    const delays = [0, 0.25, 0.5, 0.999].map((random) => retryDelay({ backoff: 4 }, 1, () => random));
    expect(delays).toEqual([0, 2, 4, 8]);
  });
});
