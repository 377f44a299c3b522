import { Slots } from '../../../workers/runtime/slots';

const NEVER = new AbortController().signal;
const nothing = async (): Promise<void> => undefined;

/** Whether a promise has settled when all that is ready has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => (settled = true);
  promise.then(settle, settle);
  await new Promise(setImmediate);
  return settled;
}

describe('slots', () => {
  it('let a loner in when the others have left, and nobody after it', async () => {
    const slots = new Slots(2);
    const leave = await slots.enter(NEVER);
    const alone = slots.enterAlone(NEVER, nothing);
    expect(await isSettled(alone)).toBe(false);
    leave();
    const leaveAlone = await alone;
    const next = slots.enter(NEVER);
    expect(await isSettled(next)).toBe(false);
    leaveAlone();
    (await next)();
  });

  it('let nobody but loners in while their gate is closed, not even who waited for a slot before', async () => {
    const slots = new Slots(1);
    const leave = await slots.enter(NEVER);
    const waiting = slots.enter(NEVER);
    const open = slots.close();
    const openToo = slots.close();
    leave();
    const late = slots.enter(NEVER);
    expect(await isSettled(Promise.race([waiting, late]))).toBe(false);
    (await slots.enterAlone(NEVER, nothing))();
    open();
    expect(await isSettled(Promise.race([waiting, late]))).toBe(false);
    openToo();
    const left = (await Promise.race([waiting, late]))();
    expect(left).toBeUndefined();
    await Promise.all([waiting, late]);
  });

  it('end the waiting at a closed gate with the signal', async () => {
    const slots = new Slots(1);
    slots.close();
    const late = new AbortController();
    const waiting = slots.enter(late.signal);
    late.abort();
    await expect(waiting).rejects.toThrow();
  });

  it('prepare one loner after the other', async () => {
    const slots = new Slots(1);
    const prepared: number[] = [];
    const [first, second] = [1, 2].map((each) => slots.enterAlone(NEVER, async () => void prepared.push(each)));
    const leave = await first;
    expect(prepared).toEqual([1]);
    leave?.();
    (await second)?.();
    expect(prepared).toEqual([1, 2]);
  });

  it('are free again after a loner that was not prepared, or came too late', async () => {
    const slots = new Slots(2);
    await expect(slots.enterAlone(NEVER, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const leave = await slots.enter(NEVER);
    const late = new AbortController();
    const waiting = slots.enterAlone(late.signal, nothing);
    late.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    leave();
    (await slots.enterAlone(NEVER, nothing))();
  });
});
