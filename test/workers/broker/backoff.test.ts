import { backoffMilliseconds } from '../../../workers/broker/backoff';

describe('backoffMilliseconds', () => {
  it('grows from 0.1 s to 5 s and no further', () => {
    const longest = Array.from({ length: 10 }, (_, attempt) => backoffMilliseconds(attempt, () => 1));
    expect(longest).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  });

  it('has full jitter', () => {
    expect(backoffMilliseconds(3, () => 0)).toBe(0);
    expect(backoffMilliseconds(3, () => 0.5)).toBe(400);
  });
});
