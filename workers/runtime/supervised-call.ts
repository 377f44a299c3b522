import type { Call, CallListener, Pool, RunningCall, StopReason } from './pools/pool';
import { after, type TimeLimits } from './time-limits';
import type { Verdict } from './verdict';

export interface SupervisionOptions {
  readonly limits: TimeLimits;
  /** Called when the call runs over its hard limit where it cannot be killed. */
  readonly onUnkillable: () => void;
}

/** What a revoked task on the event loop has for its clean-up before it counts as ended. */
const TERMINATE_GRACE_SECONDS = 2;

/** A call with somebody who stands over it: ends it at its limits, which count from the start of its function, or when it is revoked. */
export class SupervisedCall {
  /** How it ended, or that it is not waited for any longer. Never rejects. */
  readonly verdict: Promise<Verdict>;
  /** Resolves when the function runs no more: after the verdict where it cannot be killed, perhaps never. */
  readonly over: Promise<unknown>;
  private settle: (verdict: Verdict) => void = () => undefined;
  private readonly running: RunningCall;
  private readonly timers: NodeJS.Timeout[] = [];
  private terminatedBy: string | undefined;
  private isOver = false;

  constructor(
    pool: Pool,
    call: Call,
    listener: CallListener,
    private readonly options: SupervisionOptions,
  ) {
    this.verdict = new Promise((settle) => (this.settle = settle));
    this.running = pool.start(call, {
      started: (pid) => {
        this.arm();
        listener.started(pid);
      },
      progress: (meta) => listener.progress(meta),
      log: (level, fields, text) => listener.log(level, fields, text),
    });
    this.over = this.running.verdict.then((verdict) => this.finish(verdict));
  }

  /** Whether the verdict was given while the function ran on. */
  get lingers(): boolean {
    return !this.isOver;
  }

  /** Asks the task to stop. */
  stop(reason: StopReason): void {
    if (!this.isOver) this.running.stop(reason);
  }

  /** Ends a revoked task: at once in a thread or child, on the event loop when it heeds its signal, and else without it. */
  terminate(signal: string): void {
    if (this.isOver) return;
    this.terminatedBy ??= signal;
    this.stop({ kind: 'terminated', signal });
    if (this.running.kill()) return;
    this.timers.push(after(TERMINATE_GRACE_SECONDS, () => this.settle({ kind: 'terminated', signal })));
  }

  private arm(): void {
    const { softSeconds, hardSeconds } = this.options.limits;
    this.timers.push(after(softSeconds, () => this.stop({ kind: 'soft-limit', seconds: softSeconds })));
    this.timers.push(after(hardSeconds, () => this.force(hardSeconds)));
  }

  private force(seconds: number): void {
    // First, because a killed call would be told as lost.
    this.settle({ kind: 'timeout', seconds });
    if (!this.running.kill()) this.options.onUnkillable();
  }

  private finish(verdict: Verdict): void {
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    const { terminatedBy } = this;
    // A task that was ended because it was revoked is neither lost nor failed; one that was quicker has succeeded.
    this.settle(terminatedBy === undefined || verdict.kind === 'success' ? verdict : { kind: 'terminated', signal: terminatedBy });
  }
}
