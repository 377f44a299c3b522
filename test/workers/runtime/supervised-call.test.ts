import { setTimeout as sleep } from 'node:timers/promises';
import { LoopPool } from '../../../workers/runtime/pools/loop';
import type { CallListener } from '../../../workers/runtime/pools/pool';
import { SupervisedCall } from '../../../workers/runtime/supervised-call';
import { type CallFacts, taskContext } from '../../../workers/task-context';
import { SoftTimeLimitExceeded } from '../../../workers/task-errors';
import { Task } from '../../../workers/task';

const FACTS: CallFacts = {
  id: 'id',
  task: 'task',
  queue: 'small',
  retries: 0,
  redelivered: false,
  failedDeliveries: 0,
  rootId: 'id',
  parentId: null,
  headers: {},
};
const LISTENER: CallListener = { started: () => undefined, progress: () => undefined, log: () => undefined };

/** Runs a function as a task on the event loop. */
function supervise(run: () => unknown, limits = { softSeconds: 60, hardSeconds: 60 }, onUnkillable = () => undefined as void) {
  const pool = new LoopPool(new Map([[FACTS.task, new Task(FACTS.task, {}, run)]]));
  return new SupervisedCall(pool, { facts: FACTS, args: [] }, LISTENER, { limits, onUnkillable });
}

/** What a task waits for that its test ends. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('a supervised call on the event loop', () => {
  it('ends as its function does', async () => {
    const call = supervise(() => 5);
    expect(await call.verdict).toEqual({ kind: 'success', value: 5 });
    expect(call.lingers).toBe(false);
  });

  it('is told its soft limit by its signal', async () => {
    const call = supervise(() => sleep(60_000, undefined, { signal: taskContext().signal }), { softSeconds: 0.01, hardSeconds: 60 });
    expect(await call.verdict).toMatchObject({ kind: 'failure', exception: { exc_type: 'SoftTimeLimitExceeded' } });
  });

  it('is over at its hard limit, though its function runs on, and says so', async () => {
    const { opened, open } = gate();
    let unkillable = 0;
    const call = supervise(
      () => opened,
      { softSeconds: 0.01, hardSeconds: 0.02 },
      () => void (unkillable += 1),
    );
    expect(await call.verdict).toEqual({ kind: 'timeout', seconds: 0.02 });
    expect(unkillable).toBe(1);
    expect(call.lingers).toBe(true);
    open();
    await call.over;
    expect(call.lingers).toBe(false);
    expect(await call.verdict).toMatchObject({ kind: 'timeout' });
  });

  it('tells its hard limit also after it was terminated and heeded nothing', async () => {
    const { opened, open } = gate();
    const unkillable = gate();
    const call = supervise(() => opened, { softSeconds: 60, hardSeconds: 2.2 }, unkillable.open);
    call.terminate('SIGTERM');
    expect(await call.verdict).toEqual({ kind: 'terminated', signal: 'SIGTERM' });
    await unkillable.opened;
    open();
    await call.over;
  });

  it('counts as terminated whatever it throws, and as a success when it was quicker', async () => {
    const rude = supervise(async () => {
      await sleep(60_000, undefined, { signal: taskContext().signal }).catch(() => undefined);
      throw new TypeError('my own');
    });
    rude.terminate('SIGTERM');
    expect(await rude.verdict).toEqual({ kind: 'terminated', signal: 'SIGTERM' });
    const quick = supervise(async () => {
      await sleep(60_000, undefined, { signal: taskContext().signal }).catch(() => undefined);
      return 'done';
    });
    quick.terminate('SIGTERM');
    expect(await quick.verdict).toEqual({ kind: 'success', value: 'done' });
  });

  it('is not asked to stop when it is over', async () => {
    let signal: AbortSignal | undefined;
    const call = supervise(() => void ({ signal } = taskContext()));
    await call.verdict;
    call.stop({ kind: 'soft-limit', seconds: 1 });
    call.terminate('SIGTERM');
    expect(signal?.aborted).toBe(false);
  });

  it('has the limit as the reason of its signal', async () => {
    let reason: unknown;
    const run = () => sleep(60_000, undefined, { signal: taskContext().signal }).catch(() => void (reason = taskContext().signal.reason));
    await supervise(run, { softSeconds: 0.01, hardSeconds: 60 }).verdict;
    expect(reason).toBeInstanceOf(SoftTimeLimitExceeded);
    expect(reason).toMatchObject({ seconds: 0.01 });
  });
});

describe('progress', () => {
  it('is what the task meant when it said it, and is JSON', async () => {
    const told: unknown[] = [];
    const pool = new LoopPool(
      new Map([
        [
          FACTS.task,
          new Task(FACTS.task, {}, () => {
            const meta = { step: 1, at: new Date(0) };
            taskContext().progress(meta);
            meta.step = 2;
            taskContext().progress(1n);
          }),
        ],
      ]),
    );
    const verdict = await pool.start({ facts: FACTS, args: [] }, { ...LISTENER, progress: (meta) => told.push(meta) }).verdict;
    expect(told).toEqual([{ step: 1, at: '1970-01-01T00:00:00.000Z' }]);
    expect(verdict).toMatchObject({ kind: 'failure', exception: { exc_type: 'TypeError' } });
  });
});
