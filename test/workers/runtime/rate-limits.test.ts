import { intervalOf, RateLimits, type Turn } from '../../../workers/runtime/rate-limits';

describe('intervalOf', () => {
  it.each([
    ['10/s', 100],
    ['10', 100],
    [10, 100],
    [0.0000001, 10_000_000_000],
    ['100/m', 600],
    ['5/h', 720_000],
    ['0.5/s', 2000],
    ['0', 0],
    ['', 0],
    [0, 0],
    [null, 0],
    [undefined, 0],
  ])('%j is %i ms', (rate, milliseconds) => expect(intervalOf(rate)).toBe(milliseconds));

  it.each(['often', '10/x', '-1/s', '1/2/s'])('refuses %j', (rate) => expect(() => intervalOf(rate)).toThrow(RangeError));
});

describe('RateLimits', () => {
  let now = 0;
  const limits = (rate: string): RateLimits => {
    now = 0;
    const made = new RateLimits(
      [],
      () => now,
      () => 0.5,
    );
    made.set('t', rate);
    return made;
  };
  const ask = (made: RateLimits, mayRest = true, again = false): Turn => made.turn('t', mayRest, again);

  it('lets tasks without a limit start', () => expect(new RateLimits([]).turn('t', true, false)).toEqual({ kind: 'now' }));

  it('lets one start at once and spaces the next ones evenly', () => {
    const made = limits('4/s');
    expect(ask(made)).toEqual({ kind: 'now' });
    expect(ask(made)).toEqual({ kind: 'rest', milliseconds: 250 });
    expect(ask(made)).toEqual({ kind: 'rest', milliseconds: 500 });
    now = 750;
    expect(ask(made)).toEqual({ kind: 'now' });
  });

  it('saves no tokens up', () => {
    const made = limits('4/s');
    now = 60_000;
    expect(ask(made)).toEqual({ kind: 'now' });
    expect(ask(made)).toEqual({ kind: 'rest', milliseconds: 250 });
  });

  it('sends what must wait longer to the broker, each behind the one before', () => {
    const made = limits('6/m');
    expect(ask(made)).toEqual({ kind: 'now' });
    expect(ask(made)).toEqual({ kind: 'put-off', milliseconds: 10_000 });
    expect(ask(made)).toEqual({ kind: 'put-off', milliseconds: 20_000 });
    now = 10_000;
    expect(ask(made)).toEqual({ kind: 'now' });
  });

  it('lets what comes back too early try again soon', () => {
    const made = limits('6/m');
    ask(made);
    for (let count = 0; count < 100; count++) ask(made);
    expect(ask(made, true, true)).toEqual({ kind: 'put-off', milliseconds: 20_000 });
  });

  it('sends even short waits to the broker when there is no place to rest', () => {
    const made = limits('4/s');
    ask(made);
    expect(ask(made, false)).toEqual({ kind: 'put-off', milliseconds: 1000 });
  });

  it('spaces the starts of those that got their slots at once', () => {
    const made = limits('4/s');
    for (let count = 0; count < 3; count++) ask(made);
    now = 2000;
    expect(made.start('t')).toBe(0);
    expect(made.start('t')).toBe(250);
    now = 2250;
    expect(made.start('t')).toBe(0);
    expect(ask(made)).toEqual({ kind: 'rest', milliseconds: 250 });
    expect(made.start('other')).toBe(0);
  });

  it('forgets a limit that is set to nothing', () => {
    const made = limits('1/h');
    ask(made);
    made.set('t', '0');
    expect(ask(made)).toEqual({ kind: 'now' });
  });
});
