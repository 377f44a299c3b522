import { Window } from '../../../workers/broker/window';

const never = new AbortController().signal;

describe('Window', () => {
  it('lets no more in than its size, and the others in their order', async () => {
    const window = new Window(2);
    const entered: number[] = [];
    const enter = (n: number): Promise<void> => window.enter(never).then(() => void entered.push(n));
    const all = [1, 2, 3, 4].map(enter);
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual([1, 2]);
    window.leave();
    await all[2];
    expect(entered).toEqual([1, 2, 3]);
    window.leave();
    await all[3];
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('refuses a caller whose deadline comes first, and gives its place to nobody else', async () => {
    const window = new Window(1);
    await window.enter(never);
    const deadline = new AbortController();
    const late = window.enter(deadline.signal);
    const next = window.enter(never);
    deadline.abort(new Error('too late'));
    await expect(late).rejects.toThrow('too late');
    window.leave();
    await expect(next).resolves.toBeUndefined();
  });

  it('refuses at once when the deadline has passed and no place is free', async () => {
    const window = new Window(1);
    await window.enter(never);
    await expect(window.enter(AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});
