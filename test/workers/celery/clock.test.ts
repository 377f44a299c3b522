import { LamportClock } from '../../../workers/celery/clock';

describe('LamportClock', () => {
  it('counts what is sent and passes what is received', () => {
    const clock = new LamportClock();
    expect([clock.forward(), clock.forward()]).toEqual([1, 2]);
    clock.adjust(40);
    expect(clock.value).toBe(41);
    clock.adjust(3);
    expect(clock.forward()).toBe(43);
  });

  it.each([undefined, null, '99', Number.NaN, Number.POSITIVE_INFINITY, -5, 1.5, 2 ** 53, {}])('takes no clock from %p', (value) => {
    const clock = new LamportClock();
    clock.adjust(value);
    expect(clock.value).toBe(1);
  });
});
