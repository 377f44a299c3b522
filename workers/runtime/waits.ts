import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Unwritable } from '../broker/publish-error';
import { Rejected, type TaskMessage } from '../celery/message';
import { errorMessage } from '../error-message';
import { LONGEST_TIMER_MS } from '../longest-timer';
import type { Queue } from '../topology';
import type { Consumer } from './consumer';
import type { Delivery } from './delivery';
import { LookAhead } from './look-ahead';
import type { RateLimits } from './rate-limits';
import type { Request } from './request';
import type { Requeue } from './requeue';
import type { Slots } from './slots';

export interface WaitsOptions {
  readonly consumer: Consumer;
  readonly slots: Slots;
  readonly rates: RateLimits;
  /** Messages that may wait here for their rate limit: each takes a place from others. */
  readonly mostResting: number;
  readonly requeue: Requeue;
  /** Whether delays can wait in the broker. */
  readonly delayedDelivery: boolean;
  readonly log: Logger;
}

interface Surroundings {
  /** Requests that run or wait for a slot. */
  readonly requests: ReadonlySet<Request>;
  /** Ends all waiting here. */
  readonly drain: AbortSignal;
}

/** What the broker's delays, which have whole seconds, may leave over. */
const DELAY_REST_MS = 1000;
const REFUSED_PAUSE_MS = 1000;

/** What has to wait, for its time or for its rate limit: in the broker, where it takes no place from others, or here. */
export class Waits {
  /** Messages that wait here for their rate limit. */
  private resting = 0;
  /** By queue. */
  private readonly lookAheads = new Map<string, LookAhead>();
  private readonly departing = new Set<Promise<void>>();

  constructor(private readonly options: WaitsOptions & Surroundings) {}

  /** Whether it was only to be looked at: a scout took it, and it is due. */
  isForOthers(request: Request): boolean {
    const { scouted, failedDeliveries } = request.delivery;
    // While nodes are upgraded from RabbitMQ 4.2 handing back may still count as a failed delivery: once, then.
    return scouted && failedDeliveries === 0 && !this.isFar(request);
  }

  async sendBack({ delivery }: Request): Promise<void> {
    await this.lookAhead(delivery.queue).surrender(delivery);
  }

  /** A task is about to run. */
  due({ delivery }: Request): void {
    this.lookAheads.get(delivery.queue.name)?.due();
  }

  /** Whether it may run now. If not it waits in the broker, where it takes no place from others, and comes back. */
  async timeHasCome(request: Request): Promise<boolean> {
    const { message, delivery, tracked } = request;
    if (!message.eta) return true;
    tracked?.scheduled();
    if (this.isFar(request)) {
      const arrived = this.lookAhead(delivery.queue).pass(delivery, this.options.requests.size);
      await this.putOff(delivery, message, message.eta).finally(arrived);
      return false;
    }
    const wait = waitFor(message.eta);
    return this.rest(delivery, comesFromDelay(delivery) ? Math.min(wait, DELAY_REST_MS) : wait);
  }

  /** Whether it has to wait, and can do so in the broker. */
  private isFar({ message: { eta }, delivery }: Request): boolean {
    // The broker has measured the delay of a message that comes from its delay queues; only the rest of the last second is left. This
    // clock may have jumped since.
    if (!eta || comesFromDelay(delivery)) return false;
    // The queue of a broadcast is this worker's alone: no delay leads to it.
    return waitFor(eta) > DELAY_REST_MS && this.options.delayedDelivery && delivery.queue.broadcast === undefined;
  }

  private lookAhead(queue: Queue): LookAhead {
    const known = this.lookAheads.get(queue.name);
    if (known) return known;
    const made = new LookAhead(queue, this.options.consumer, this.options.slots);
    this.lookAheads.set(queue.name, made);
    return made;
  }

  /** Whether its rate limit lets it start. If not it waits in the broker; a few that may start within a second wait here. */
  async rateAllows(request: Request): Promise<boolean> {
    const { message, delivery } = request;
    const { rates, delayedDelivery, mostResting, consumer } = this.options;
    // Its copy would not know how often its delivery has failed.
    if (consumer.mayHandBackOften ? delivery.failedDeliveries > 0 : delivery.redelivered) return true;
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
  async rest(delivery: Delivery, milliseconds: number): Promise<boolean> {
    const { drain: signal } = this.options;
    for (let left = milliseconds, end = performance.now() + left; left > 0 && !signal.aborted; left = end - performance.now()) {
      await setTimeout(Math.min(Math.ceil(left), LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined);
    }
    return delivery.open;
  }

  /** Resolves when nothing is on its way to the broker's delays any more. */
  async departed(): Promise<void> {
    await Promise.allSettled(this.departing);
  }

  private putOff(delivery: Delivery, message: TaskMessage, time: Date): Promise<void> {
    const departure = this.depart(delivery, message, time).finally(() => this.departing.delete(departure));
    this.departing.add(departure);
    return departure;
  }

  private async depart(delivery: Delivery, message: TaskMessage, time: Date): Promise<void> {
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
}

/** Whether its time has come, but for what can be waited for here. */
export function isDue({ eta }: TaskMessage): boolean {
  return eta === null || waitFor(eta) <= DELAY_REST_MS;
}

/** Whether it has just waited in the broker's delay queues. */
function comesFromDelay({ exchange }: Delivery): boolean {
  return exchange.startsWith('celery_delayed_');
}

/** The microseconds of an ETA were cut off, and a task is never early. */
function waitFor(eta: Date): number {
  return eta.getTime() + 1 - Date.now();
}
