import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failure, workerLost } from '../celery/result';
import { errorMessage } from '../error-message';
import type { Isolation } from '../task-options';
import { bindArguments } from './arguments';
import type { DeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import type { Orphans } from './orphans';
import type { CallListener, Pool } from './pools/pool';
import type { Request } from './request';
import type { Requeue } from './requeue';
import type { TaskReports } from './reports';
import { type Ending, settlementOf } from './settlement';
import { SupervisedCall } from './supervised-call';
import { type TimeLimitOverride, timeLimitsOf } from './time-limits';
import type { Verdict } from './verdict';

export interface ExecutorOptions {
  readonly pools: Readonly<Record<Isolation, Pool>>;
  readonly reports: TaskReports;
  readonly requeue: Requeue;
  readonly deadLetters: DeadLetters;
  readonly orphans: Orphans;
  /** Limits of tasks that were set at run time. */
  readonly timeLimits: ReadonlyMap<string, TimeLimitOverride>;
  readonly log: Logger;
  /** Called when a task ran over its hard limit and still runs: the process is no good any more. */
  readonly onUnkillable: (task: string) => void;
}

/** How long a message rests whose next try the broker did not take: a full queue must not make a hot loop. */
const REFUSED_PAUSE_MS = 1000;

/** Runs one request and gives its delivery the end that follows from it. */
export class Executor {
  constructor(private readonly options: ExecutorOptions) {}

  /** Never throws. */
  async execute(request: Request): Promise<void> {
    const { task, facts } = request;
    const { orphans, requeue, reports } = this.options;
    orphans.started(request);
    const { verdict, seconds } = await this.run(request);
    const early = task.options.acknowledge === 'early';
    if (!early && wasHandedBack(request.delivery) && verdict.kind !== 'success') {
      // The drain was over; another worker runs it, and says how it ends.
      reports.dropped(request);
      orphans.ended(request, false);
      return;
    }
    // One that never came to its start is early, too.
    if (early) this.acknowledge(request);
    let settlement = settlementOf(verdict, task.options, facts);
    try {
      if (settlement.again) await requeue.retry(request.delivery, request.message, settlement.again.delaySeconds);
    } catch (error) {
      this.logOf(request).error({ error: errorMessage(error) }, 'the next try was not accepted by the broker');
      await setTimeout(REFUSED_PAUSE_MS);
      // What was acked at its start cannot be given back: its caller must know that it ends here.
      const detail = 'the next try was not accepted by the broker';
      settlement = early ? { outcome: workerLost(detail), ending: { kind: 'ack' } } : { ending: { kind: 'redeliver' } };
    }
    const outcome = await reports.ended(request, settlement);
    await this.finish(request, settlement.ending);
    this.logEnd(request, verdict, outcome?.status, seconds);
  }

  /** @returns how it ended, and its time from the start of its function */
  private async run(request: Request): Promise<{ verdict: Verdict; seconds: number }> {
    let started = performance.now();
    const listener = this.listen(request, () => (started = performance.now()));
    const verdict = await this.supervise(request, listener);
    const seconds = (performance.now() - started) / 1000;
    if (request.pid !== undefined) this.options.reports.ran(request, seconds);
    return { verdict, seconds };
  }

  private async supervise(request: Request, listener: CallListener): Promise<Verdict> {
    const { message, task, delivery, facts } = request;
    const { pools, onUnkillable } = this.options;
    try {
      const call = { facts, args: bindArguments(task, message) };
      const limits = timeLimitsOf(message, { ...task.options, ...this.options.timeLimits.get(task.name) }, delivery.queue);
      const pool = pools[task.options.runIn ?? 'loop'];
      const running = new SupervisedCall(pool, call, listener, { limits, onUnkillable: () => onUnkillable(task.name) });
      request.running = running;
      const verdict = await running.verdict;
      if (running.lingers) request.lingering = running.over;
      return verdict;
    } catch (error) {
      // The arguments do not fit.
      const { exception, traceback } = failure(error);
      return { kind: 'failure', exception, traceback };
    } finally {
      request.running = undefined;
    }
  }

  private listen(request: Request, onStarted: () => void): CallListener {
    const log = this.logOf(request);
    return {
      started: (pid) => {
        onStarted();
        request.pid = pid;
        this.options.reports.started(request);
        // Celery acks early when the job starts, whatever comes of it.
        if (request.task.options.acknowledge === 'early') this.acknowledge(request);
      },
      progress: (meta) => this.options.reports.progress(request, meta),
      log: (level, fields, text) => log[level](fields, text),
    };
  }

  private acknowledge({ delivery, tracked }: Request): void {
    delivery.ack();
    if (tracked) tracked.acknowledged = true;
  }

  private async finish(request: Request, ending: Ending): Promise<void> {
    const { delivery } = request;
    const isDone = await this.end(delivery, ending);
    // While its dead letter was published the broker took it back, and gave it to this worker again.
    if (request.delivery !== delivery) {
      if (isDone) request.delivery.ack();
      else request.delivery.reject();
    }
    this.options.orphans.ended(request, isDone);
  }

  /** @returns whether the message is done with */
  private async end(delivery: Delivery, ending: Ending): Promise<boolean> {
    const { deadLetters } = this.options;
    switch (ending.kind) {
      case 'ack':
        delivery.ack();
        return true;
      case 'dead-letter':
        return deadLetters.put(delivery, ending.reason, ending.detail);
      case 'redeliver':
        // The queue of a broadcast counts no deliveries: without an end of its own this would go on for ever.
        if (delivery.queue.broadcast) return deadLetters.put(delivery, 'not-repeated', 'a broadcast is not delivered again');
        delivery.redeliver();
        return false;
      case 'hand-back':
        break;
    }
    delivery.handBack();
    return false;
  }

  private logEnd({ message, delivery }: Request, verdict: Verdict, status: string | undefined, seconds: number): void {
    const { redelivered } = delivery;
    const error = 'exception' in verdict ? (verdict.exception ?? undefined) : 'detail' in verdict ? verdict.detail : undefined;
    const fields = { task: message.task, id: message.id, end: verdict.kind, status, seconds, redelivered, retries: message.retries, error };
    this.options.log.info(fields, 'task ended');
  }

  private logOf({ message }: Request): Logger {
    return this.options.log.child({ task: message.task, id: message.id });
  }
}

function wasHandedBack({ open, lost }: Delivery): boolean {
  return !open && !lost;
}
