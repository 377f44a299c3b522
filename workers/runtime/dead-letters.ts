import type { Logger } from 'pino';
import type { Publisher } from '../broker/publisher';
import { errorMessage } from '../error-message';
import type { TaskMetrics } from '../observe/task-metrics';
import type { Delivery } from './delivery';

const LONGEST_DETAIL = 1000;

/** Takes messages that nobody can run to the dead-letter queue, with the reason. */
export class DeadLetters {
  constructor(
    private readonly publisher: Publisher,
    private readonly exchange: string,
    private readonly metrics: TaskMetrics,
    private readonly log: Logger,
  ) {}

  /**
   * Puts a copy with the reason in its headers into the dead-letter queue, then acks. When that fails the broker moves the message there
   * by policy, without a reason.
   * @returns whether there is a copy with the reason
   */
  async put(delivery: Delivery, reason: string, detail: string): Promise<boolean> {
    // The broker, or another worker, has it.
    if (!delivery.open) return false;
    delivery.leaving = true;
    const { queue, content, properties } = delivery;
    this.log.warn({ queue: queue.name, id: properties.headers?.['id'], reason, error: detail }, 'message dead-lettered');
    this.metrics.deadLettered(queue, reason);
    const headers = {
      ...properties.headers,
      'x-reject-reason': reason,
      'x-reject-detail': detail.slice(0, LONGEST_DETAIL),
      'x-reject-queue': queue.name,
    };
    // Its time to live is over: a dead letter waits until somebody looks.
    const { expiration: _, ...kept } = properties;
    try {
      const envelope = { exchange: this.exchange, routingKey: queue.deadLetterQueue, content, properties: { ...kept, headers } };
      await this.publisher.publish({ ...envelope, persistent: true });
      delivery.ack();
      return true;
    } catch (failure) {
      this.log.error({ queue: queue.name, error: errorMessage(failure) }, 'no copy with a reason');
      delivery.reject();
      return false;
    }
  }
}
