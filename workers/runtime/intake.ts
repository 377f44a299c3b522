import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Unwritable } from '../broker/publish-error';
import { decodeTask, Rejected, type TaskMessage } from '../celery/message';
import { errorMessage } from '../error-message';
import type { Task } from '../task';
import type { Consumer } from './consumer';
import type { DeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import type { Duplicates } from './duplicates';
import type { Executor } from './executor';
import { LookAhead } from './look-ahead';
import type { Orphans } from './orphans';
import type { RateLimits } from './rate-limits';
import type { TaskReports } from './reports';
import { Request } from './request';
import type { Requeue } from './requeue';
import type { Slots } from './slots';
import { LONGEST_TIMER_MS } from '../longest-timer';

export interface IntakeOptions {
  readonly tasks: ReadonlyMap<string, Task>;
  readonly consumer: Consumer;
  readonly slots: Slots;
  readonly orphans: Orphans;
  readonly rates: RateLimits;
  /** Messages that may wait here for their rate limit: each takes a place from others. */
  readonly mostResting: number;
  readonly executor: Executor;
  readonly reports: TaskReports;
  /** Whether the task was taken back. */
  readonly isRevoked: (message: TaskMessage) => boolean;
  readonly requeue: Requeue;
  readonly deadLetters: DeadLetters;
  readonly duplicates: Duplicates;
  /** Whether delays can wait in the broker. */
  readonly delayedDelivery: boolean;
  /** Tasks to start in all. */
  readonly maxTasks: number;
  /** Called when the last of them has ended. */
  readonly onSpent: () => void;
  readonly log: Logger;
}

/** What the broker's delays, which have whole seconds, may leave over. */
const DELAY_REST_MS = 1000;
/** Failed deliveries after which a message is suspected of killing its worker. */
const SUSPECT_AFTER = 2;
const REFUSED_PAUSE_MS = 1000;

/** Decides what becomes of each message before its task runs: dead-lettered, dropped as too late, put off, or run when a slot is free. */
export class Intake {
  private readonly requests = new Set<Request>();
  private readonly underway = new Set<Promise<void>>();
  private readonly drain = new AbortController();
  private left: number;
  /** Messages that wait here for their rate limit. */
  private resting = 0;
  private readonly lookAhead: LookAhead;

  constructor(private readonly options: IntakeOptions) {
    this.left = options.maxTasks;
    this.lookAhead = new LookAhead(options.consumer, options.slots);
    // Every message that waits listens.
    setMaxListeners(0, this.drain.signal);
  }

  /** Requests whose task runs. */
  get active(): Request[] {
    return [...this.requests].filter(({ startedAt }) => startedAt !== undefined);
  }

  /** Whether any message is under way. */
  get busy(): boolean {
    return this.underway.size > 0;
  }

  take(delivery: Delivery): void {
    const work = this.handle(delivery)
      .catch((error: unknown) => this.fail(delivery, error))
      .finally(() => this.underway.delete(work));
    this.underway.add(work);
  }

  /** Starts nothing more and hands back what has not started. */
  stop(): void {
    this.drain.abort(new Error('draining'));
    this.handBackWaiting();
  }

  /** Hands back what has not started, and is not on its way elsewhere. */
  private handBackWaiting(...kept: readonly Delivery[]): void {
    const started = new Set([...kept, ...this.active.map(({ delivery }) => delivery)]);
    this.options.consumer.handBack((delivery) => !started.has(delivery) && !delivery.leaving);
  }

  /**
   * Ends the running task of this id, if there is one: it is told as revoked and acked.
   * @param signal name of the signal that was asked for; told to the task, not sent to a process
   */
  terminate(id: string, signal: string): boolean {
    const chosen = this.active.filter(({ message, running }) => message.id === id && running);
    for (const { running } of chosen) running?.terminate(signal);
    return chosen.length > 0;
  }

  /** Resolves when everything under way has ended. */
  async idle(): Promise<void> {
    while (this.underway.size > 0) await Promise.all(this.underway);
  }

  private async handle(delivery: Delivery): Promise<void> {
    if (this.drain.signal.aborted) {
      delivery.handBack();
      return;
    }
    const message = decodeTask(delivery.content, delivery.properties);
    const task = this.options.tasks.get(message.task);
    if (!task) {
      await this.options.reports.notRegistered(message);
      throw new Rejected('unregistered', `no task "${message.task}" in this worker`);
    }
    const adopted = delivery.redelivered && this.options.orphans.adopt(message, delivery);
    if (adopted) this.options.log.info({ task: message.task, id: message.id, adopted }, 'redelivered to the worker that had it');
    else await this.process(new Request(message, task, delivery));
  }

  private async process(request: Request): Promise<void> {
    // At once: what the broker sent along with a suspect must not start and take the suspect's delivery with it.
    const open = isSuspect(request.delivery) && isDue(request.message) ? this.options.slots.close() : undefined;
    try {
      if (await this.isOver(request)) return;
      this.options.reports.received(request);
      if ((await this.timeHasCome(request)) && (await this.rateAllows(request))) await this.run(request);
      else this.options.reports.dropped(request);
    } finally {
      open?.();
    }
  }

  /** Whether the task must not run any more; the caller is told so. */
  private async isOver(request: Request): Promise<boolean> {
    const { message, delivery } = request;
    const expired = message.expires !== null && message.expires.getTime() <= Date.now();
    if (!expired && !this.options.isRevoked(message)) return false;
    await this.options.reports.revoked(request, expired ? 'expired' : 'revoked');
    this.options.log.info(
      { task: message.task, id: message.id, status: 'REVOKED', expired, redelivered: delivery.redelivered },
      'task ended',
    );
    delivery.ack();
    return true;
  }

  /** Whether it may run now. If not it waits in the broker, where it takes no place from others, and comes back. */
  private async timeHasCome({ message, delivery, tracked }: Request): Promise<boolean> {
    if (!message.eta) return true;
    tracked?.scheduled();
    // Its microseconds were cut off, and a task is never early.
    const wait = message.eta.getTime() + 1 - Date.now();
    // The broker has measured the delay of a message that comes from its delay queues; only the rest of the last second is left. This
    // clock may have jumped since.
    if (comesFromDelay(delivery)) return this.rest(delivery, Math.min(wait, DELAY_REST_MS));
    // The queue of a broadcast is this worker's alone: no delay leads to it.
    if (wait <= DELAY_REST_MS || !this.options.delayedDelivery || delivery.queue.broadcast) return this.rest(delivery, wait);
    const arrived = this.lookAhead.pass(this.requests.size);
    await this.putOff(delivery, message, message.eta).finally(arrived);
    return false;
  }

  /** Whether its rate limit lets it start. If not it waits in the broker; a few that may start within a second wait here. */
  private async rateAllows(request: Request): Promise<boolean> {
    const { message, delivery } = request;
    // Its copy would not know that it was delivered before, and how often that failed.
    if (delivery.redelivered) return true;
    const { rates, delayedDelivery, mostResting } = this.options;
    const mustRest = !delayedDelivery || delivery.queue.broadcast !== undefined;
    const turn = rates.turn(message.task, mustRest || this.resting < mostResting, comesFromDelay(delivery));
    if (turn.kind === 'now') return true;
    if (turn.kind === 'put-off' && !mustRest) {
      await this.putOff(delivery, message, new Date(Date.now() + turn.milliseconds));
      return false;
    }
    this.resting += 1;
    const ours = await this.rest(delivery, turn.milliseconds).finally(() => (this.resting -= 1));
    // One that rests for want of a broker delay has no token yet.
    return ours && (turn.kind === 'rest' || this.rateAllows(request));
  }

  /** Waits here. @returns whether the delivery is still ours */
  private async rest(delivery: Delivery, milliseconds: number): Promise<boolean> {
    const { signal } = this.drain;
    for (let left = milliseconds, end = performance.now() + left; left > 0 && !signal.aborted; left = end - performance.now()) {
      await setTimeout(Math.min(Math.ceil(left), LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined);
    }
    return delivery.open;
  }

  private async putOff(delivery: Delivery, message: TaskMessage, time: Date): Promise<void> {
    delivery.leaving = true;
    try {
      await this.options.requeue.putOff(delivery, message, time);
      delivery.ack();
    } catch (error) {
      delivery.leaving = false;
      // It would come back at once, for ever.
      if (error instanceof Unwritable) throw new Rejected('invalid-header', `it cannot wait in the broker: ${error.message}`);
      this.options.log.warn({ task: message.task, id: message.id, error: errorMessage(error) }, 'not put off; tried again');
      await this.rest(delivery, REFUSED_PAUSE_MS);
      delivery.handBack();
    }
  }

  private async run(request: Request): Promise<void> {
    this.lookAhead.due(this.requests.size < this.options.slots.size, () => this.handBackWaiting());
    this.requests.add(request);
    try {
      const leave = await this.enter(request);
      try {
        if (await this.mayStart(request)) await this.options.executor.execute(request);
        else this.options.reports.dropped(request);
      } finally {
        // A function that runs on where it cannot be killed keeps its slot: concurrency is never exceeded.
        if (request.lingering) void request.lingering.then(leave);
        else leave();
      }
    } catch (error) {
      if (!this.drain.signal.aborted) throw error;
      request.delivery.handBack();
      this.options.reports.dropped(request);
    } finally {
      this.requests.delete(request);
      if (this.left === 0 && this.active.length === 0) this.options.onSpent();
    }
  }

  /** Waits for a slot. */
  private async enter(request: Request): Promise<() => void> {
    for (;;) {
      const leave = isSuspect(request.delivery) ? await this.enterAlone(request) : await this.options.slots.enter(this.drain.signal);
      const tooSoon = request.delivery.open ? this.options.rates.start(request.message.task) : 0;
      if (tooSoon === 0) return leave;
      leave();
      await this.rest(request.delivery, tooSoon);
    }
  }

  /** What was true when the message came may have changed while it waited for its slot. */
  private async mayStart(request: Request): Promise<boolean> {
    if (!request.delivery.open || (await this.isOver(request)) || (await this.options.duplicates.settle(request))) return false;
    // All that took time: a drain, a suspect or the broker may have taken it away meanwhile.
    if (this.left === 0 || !request.delivery.open) return false;
    this.left -= 1;
    if (this.left === 0) void this.takeNoMore(request);
    return true;
  }

  /** The last task of this worker starts: what it would hold from now on is for others. */
  private async takeNoMore(last: Request): Promise<void> {
    await this.options.consumer.pause('spent');
    this.handBackWaiting(last.delivery);
  }

  /**
   * A message that was with a worker each time it died may have killed it. It runs alone, and nothing else is held meanwhile: if it kills
   * this worker too, it takes no other message's deliveries with it.
   */
  private async enterAlone(request: Request): Promise<() => void> {
    const { consumer, slots } = this.options;
    const leave = await slots.enterAlone(this.drain.signal, () => this.clearTheField(request));
    // The others have said how they ended; the broker must know it before this one may take the process down.
    await consumer.flush();
    return () => {
      leave();
      void consumer.resume('alone');
    };
  }

  /** Takes nothing more and hands back what has not started. */
  private async clearTheField({ delivery, message }: Request): Promise<void> {
    // Another suspect may have handed it back meanwhile.
    if (!delivery.open) return;
    const { consumer, log } = this.options;
    const { failedDeliveries } = delivery;
    log.warn({ task: message.task, id: message.id, failedDeliveries }, 'runs alone: its workers died or refused it');
    await consumer.pause('alone');
    this.handBackWaiting(delivery);
  }

  private async fail(delivery: Delivery, error: unknown): Promise<void> {
    const { reason, message } = error instanceof Rejected ? error : new Rejected('internal-error', errorMessage(error));
    await this.options.deadLetters.put(delivery, reason, message);
  }
}

/** Whether it has just waited in the broker's delay queues. */
function comesFromDelay({ exchange }: Delivery): boolean {
  return exchange.startsWith('celery_delayed_');
}

function isDue({ eta }: TaskMessage): boolean {
  return eta === null || eta.getTime() - Date.now() <= DELAY_REST_MS;
}

/** A queue with a low limit has less patience. */
function isSuspect({ failedDeliveries, queue }: Delivery): boolean {
  return failedDeliveries >= Math.max(1, Math.min(SUSPECT_AFTER, queue.deliveryLimit));
}
