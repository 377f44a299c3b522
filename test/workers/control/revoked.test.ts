import { Revoked } from '../../../workers/control/revoked';

const HOUR = 3600 * 1000;

describe('Revoked', () => {
  let now = 0;
  let revoked: Revoked;
  const has = (id: string, stamps: Record<string, unknown> = {}) => revoked.has({ id, stamps });
  beforeEach(() => {
    now = 0;
    revoked = new Revoked(() => now);
  });

  it('knows ids for three hours', () => {
    revoked.add(['a']);
    now = 2 * HOUR;
    revoked.add(['b']);
    expect([has('a'), has('b'), has('c')]).toEqual([true, true, false]);
    now = 3 * HOUR;
    expect([has('a'), has('b')]).toEqual([false, true]);
    expect(revoked.ids()).toEqual(['b']);
  });

  it('keeps an id that is revoked again for three hours more', () => {
    revoked.add(['a', 'b']);
    now = 2 * HOUR;
    revoked.add(['a']);
    now = 4 * HOUR;
    expect(revoked.ids()).toEqual(['a']);
  });

  it('forgets the oldest of more than 50,000', () => {
    revoked.add(Array.from({ length: 50_001 }, (_, index) => `id-${index}`));
    expect(revoked.ids()).toHaveLength(50_000);
    expect([has('id-0'), has('id-1'), has('id-50000')]).toEqual([false, true, true]);
  });

  it('passes over what is no id', () => {
    revoked.add([5, null, '', {}, 'x'.repeat(256), 'good']);
    expect(revoked.ids()).toEqual(['good']);
  });

  it('knows stamps, one or several of a name', () => {
    revoked.addStamps({ monitor: ['m-1', 'm-2'], customer: 'c-1' });
    expect(has('x', { monitor: 'm-2' })).toBe(true);
    expect(has('x', { monitor: ['m-9', 'm-1'] })).toBe(true);
    expect(has('x', { customer: 'c-1' })).toBe(true);
    expect(has('x', { customer: 'm-1' })).toBe(false);
    expect(has('x', { monitor: null })).toBe(false);
    now = 3 * HOUR;
    expect(has('x', { monitor: 'm-2' })).toBe(false);
  });
});
