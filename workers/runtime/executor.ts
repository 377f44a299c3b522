import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failure } from '../celery/result';
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
import { timeLimitsOf, withinLimits } from './time-limits';
import type { Verdict } from './verdict';

export interface ExecutorOptions {
  readonly pools: Readonly<Record<Isolation, Pool>>;
  readonly reports: TaskReports;
  readonly requeue: Requeue;
  readonly deadLetters: DeadLetters;
  readonly orphans: Orphans;
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
    const { orphans } = this.options;
    const started = performance.now();
    request.startedAt = Date.now();
    this.options.reports.started(request);
    // Celery acks early when the job starts, whatever comes of it.
    if (task.options.acknowledge === 'early') this.acknowledge(request);
    orphans.started(request);
    const verdict = await this.run(request);
    const settlement = settlementOf(verdict, task.options, facts);
    const seconds = (performance.now() - started) / 1000;
    try {
      if (settlement.again) await this.options.requeue.retry(request.delivery, request.message, settlement.again.delaySeconds);
    } catch (error) {
      this.logOf(request).error({ error: errorMessage(error) }, 'the next try was not accepted by the broker');
      await setTimeout(REFUSED_PAUSE_MS);
      request.delivery.redeliver();
      this.options.reports.dropped(request);
      orphans.ended(request, false);
      return;
    }
    await this.options.reports.ended(request, settlement);
    await this.end(request.delivery, settlement.ending);
    orphans.ended(request, settlement.ending.kind === 'ack');
    this.logEnd(request, verdict, settlement.outcome?.status, seconds);
  }

  private async run(request: Request): Promise<Verdict> {
    const { message, task, delivery, facts } = request;
    const { pools, onUnkillable } = this.options;
    try {
      const args = bindArguments(task, message);
      request.running = pools[task.options.runIn ?? 'loop'].start({ facts, args }, this.listen(request));
      const limits = timeLimitsOf(message, task.options, delivery.queue);
      const verdict = await withinLimits(request.running, limits, () => onUnkillable(task.name));
      // A task that was killed because it was revoked is not lost.
      return verdict.kind === 'lost' && request.terminatedBy ? { kind: 'terminated', signal: request.terminatedBy.name } : verdict;
    } catch (error) {
      // The arguments do not fit, or cannot be sent to a thread.
      const { exception, traceback } = failure(error);
      return { kind: 'failure', exception, traceback };
    } finally {
      request.running = undefined;
    }
  }

  private acknowledge({ delivery, tracked }: Request): void {
    delivery.ack();
    if (tracked) tracked.acknowledged = true;
  }

  private listen(request: Request): CallListener {
    const log = this.logOf(request);
    return {
      progress: (meta) => this.options.reports.progress(request, meta),
      log: (level, fields, text) => log[level](fields, text),
    };
  }

  private async end(delivery: Delivery, ending: Ending): Promise<void> {
    switch (ending.kind) {
      case 'ack':
        delivery.ack();
        return;
      case 'dead-letter':
        if (delivery.open) await this.options.deadLetters.put(delivery, ending.reason, ending.detail);
        return;
      case 'redeliver':
        // The queue of a broadcast counts no deliveries: without an end of its own this would go on for ever.
        if (delivery.queue.broadcast) await this.options.deadLetters.put(delivery, 'not-repeated', 'a broadcast is not delivered again');
        else delivery.redeliver();
        return;
      case 'hand-back':
        delivery.handBack();
    }
  }

  private logEnd({ message, delivery }: Request, verdict: Verdict, status: string | undefined, seconds: number): void {
    const { redelivered } = delivery;
    const error = 'exception' in verdict ? (verdict.exception ?? undefined) : undefined;
    const fields = { task: message.task, id: message.id, end: verdict.kind, status, seconds, redelivered, retries: message.retries, error };
    this.options.log.info(fields, 'task ended');
  }

  private logOf({ message }: Request): Logger {
    return this.options.log.child({ task: message.task, id: message.id });
  }
}
