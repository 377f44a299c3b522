import { setMaxListeners } from 'node:events';
import { decodeTask, Rejected, type TaskMessage } from '../celery/message';
import { errorMessage } from '../error-message';
import type { Task } from '../task';
import type { DeadLetters } from './dead-letters';
import type { Delivery } from './delivery';
import type { Duplicates } from './duplicates';
import type { Executor } from './executor';
import type { Orphans } from './orphans';
import type { TaskReports } from './reports';
import { Request } from './request';
import { isDue, Waits, type WaitsOptions } from './waits';

export interface IntakeOptions extends WaitsOptions {
  readonly tasks: ReadonlyMap<string, Task>;
  readonly orphans: Orphans;
  readonly executor: Executor;
  readonly reports: TaskReports;
  /** Whether the task was taken back. */
  readonly isRevoked: (message: TaskMessage) => boolean;
  readonly deadLetters: DeadLetters;
  readonly duplicates: Duplicates;
  /** Tasks to start in all. */
  readonly maxTasks: number;
  /** Called when the last of them has ended. */
  readonly onSpent: () => void;
}

/** Failed deliveries after which a message is suspected of killing its worker. */
const SUSPECT_AFTER = 2;
/** Longest wait for a slot of one that others may run. */
const SLOT_PATIENCE_MS = 10_000;

/** Decides what becomes of each message before its task runs: dead-lettered, dropped as too late, put off, or run when a slot is free. */
export class Intake {
  private readonly requests = new Set<Request>();
  private readonly underway = new Set<Promise<void>>();
  private readonly drain = new AbortController();
  private left: number;
  private readonly waits: Waits;

  constructor(private readonly options: IntakeOptions) {
    this.left = options.maxTasks;
    this.waits = new Waits({ ...options, requests: this.requests, drain: this.drain.signal });
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
  terminate(id: string, signal: string): void {
    for (const { message, running } of this.active) if (message.id === id) running?.terminate(signal);
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
    if (this.waits.isForOthers(request)) return this.waits.sendBack(request);
    // At once: what the broker sent along with a suspect must not start and take the suspect's delivery with it.
    const open = isSuspect(request.delivery) && isDue(request.message) ? this.options.slots.close() : undefined;
    try {
      if (await this.isOver(request)) return;
      this.options.reports.received(request);
      if ((await this.waits.timeHasCome(request)) && (await this.waits.rateAllows(request))) await this.run(request);
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

  private async run(request: Request): Promise<void> {
    this.requests.add(request);
    this.waits.due(request);
    try {
      const leave = await this.enter(request);
      if (!leave) {
        this.options.reports.dropped(request);
        return;
      }
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

  /** Waits for a slot. @returns gives it back; `undefined` when the message was handed back because others may have one sooner */
  private async enter(request: Request): Promise<(() => void) | undefined> {
    for (;;) {
      const leave = isSuspect(request.delivery) ? await this.enterAlone(request) : await this.enterSoon(request);
      if (!leave) return undefined;
      const tooSoon = request.delivery.open ? this.options.rates.start(request.message.task) : 0;
      if (tooSoon === 0) return leave;
      leave();
      await this.waits.rest(request.delivery, tooSoon);
    }
  }

  /**
   * A worker may hold more messages than it has slots: `concurrency` from each of its queues, and as many again after its consumers were
   * made anew. They must not wait here for the end of long tasks while another worker is idle, nor until the broker's consumer timeout.
   */
  private async enterSoon({ delivery }: Request): Promise<(() => void) | undefined> {
    const { slots } = this.options;
    const { signal } = this.drain;
    if (this.requests.size <= slots.size || !this.mayGoBack(delivery)) return slots.enter(signal);
    signal.throwIfAborted();
    // No AbortSignal.any: Node.js 20 may collect its sources, and the wait would never end.
    const patience = new AbortController();
    const end = (): void => patience.abort();
    const timer = setTimeout(end, SLOT_PATIENCE_MS);
    signal.addEventListener('abort', end);
    try {
      return await slots.enter(patience.signal);
    } catch (error) {
      if (signal.aborted) throw error;
      delivery.handBack();
      return undefined;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  /** Whether another worker might run it, and handing it back costs it nothing. */
  private mayGoBack({ queue, failedDeliveries }: Delivery): boolean {
    // While nodes are upgraded from RabbitMQ 4.2 handing back may still count as a failed delivery: once, then.
    return queue.broadcast === undefined && failedDeliveries === 0 && this.options.consumer.mayHandBackOften;
  }

  /** What was true when the message came may have changed while it waited for its slot. */
  private async mayStart(request: Request): Promise<boolean> {
    if (!request.delivery.open || (await this.isOver(request)) || (await this.options.duplicates.settle(request))) return false;
    // All that took time: a drain, a suspect or the broker may have taken it away meanwhile.
    if (this.left === 0 || !request.delivery.open) return false;
    // Before anything else gets a turn: what has not started is handed back.
    request.startedAt = Date.now();
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
    await this.waits.departed();
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

/** A queue with a low limit has less patience. */
function isSuspect({ failedDeliveries, queue }: Delivery): boolean {
  return failedDeliveries >= Math.max(1, Math.min(SUSPECT_AFTER, queue.deliveryLimit));
}
