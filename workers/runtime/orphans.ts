import type { TaskMessage } from '../celery/message';
import type { Delivery } from './delivery';
import type { Request } from './request';

const MOST_KEPT = 1000;

/**
 * Tasks whose delivery the broker took back while they ran: the connection was lost, or the consumer timeout was over. The broker gives
 * their message to some worker again; when that is this one, nothing has to run twice.
 */
export class Orphans {
  private readonly running = new Map<string, Request>();
  /** Finished, told, and never acked; the oldest are forgotten. */
  private readonly finished = new Set<string>();

  started(request: Request): void {
    this.running.set(keyOf(request.message), request);
  }

  /** @param done whether its message would have been acked */
  ended(request: Request, done: boolean): void {
    const key = keyOf(request.message);
    if (this.running.get(key) === request) this.running.delete(key);
    if (!done || !request.delivery.lost) return;
    this.finished.add(key);
    for (const oldest of this.finished) {
      if (this.finished.size <= MOST_KEPT) break;
      this.finished.delete(oldest);
    }
  }

  /**
   * Whether the task of a redelivered message runs here already, and then takes the delivery as its own, or has ended here, and then the
   * delivery is acked.
   */
  adopt(message: TaskMessage, delivery: Delivery): 'running' | 'finished' | undefined {
    const key = keyOf(message);
    const request = this.running.get(key);
    if (request?.delivery.lost) {
      request.delivery = delivery;
      return 'running';
    }
    if (!this.finished.delete(key)) return undefined;
    delivery.ack();
    return 'finished';
  }
}

/** The tries of a task have one id. */
function keyOf({ id, retries }: TaskMessage): string {
  return `${retries} ${id}`;
}
