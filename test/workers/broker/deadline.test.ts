import { TookTooLong, within } from '../../../workers/broker/deadline';

const never = new Promise<never>(() => undefined);

describe('within', () => {
  it('gives the value of work that is done in time', async () => expect(await within(60_000, Promise.resolve(1), 'work')).toBe(1));

  it('gives up on work that takes too long, and says on what', async () => {
    await expect(within(20, never, 'the answer')).rejects.toThrow(new TookTooLong('the answer took over 20 ms'));
  });

  it("ends with the signal's reason", async () => {
    const end = new AbortController();
    const waiting = within(60_000, never, 'work', end.signal);
    end.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
  });

  it('does not blame the other side for time in which this process stood still', async () => {
    const waiting = within(50, new Promise((resolve) => void setTimeout(resolve, 1500, 'in time')), 'work');
    // Both timers are overdue when the event loop turns again, the deadline's first.
    const until = performance.now() + 1600;
    while (performance.now() < until);
    expect(await waiting).toBe('in time');
  });
});
