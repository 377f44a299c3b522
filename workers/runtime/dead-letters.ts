import type { Logger } from 'pino';
import type { Publisher } from '../broker/publisher';
import type { MessageProperties } from '../celery/message';
import { printable } from '../celery/printable';
import type { DeadLetterReason } from '../celery/rejected';
import { sendableProperties } from '../celery/sendable';
import { errorMessage } from '../error-message';
import type { TaskMetrics } from '../observe/task-metrics';
import type { Delivery } from './delivery';

const LONGEST_DETAIL = 1000;
const LONGEST_ID = 255;

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
  async put(delivery: Delivery, reason: DeadLetterReason, detail: string): Promise<boolean> {
    // The broker, or another worker, has it.
    if (!delivery.open) return false;
    delivery.leaving = true;
    const { queue, content } = delivery;
    this.log.warn({ queue: queue.name, id: shownId(delivery), reason, error: detail }, 'message dead-lettered');
    this.metrics.deadLettered(queue, reason);
    try {
      const properties = this.propertiesOf(delivery, reason, detail);
      const envelope = { exchange: this.exchange, routingKey: queue.deadLetterQueue, content, properties };
      await this.publisher.publish({ ...envelope, persistent: true });
      delivery.ack();
      return true;
    } catch (failure) {
      this.log.error({ queue: queue.name, error: errorMessage(failure) }, 'no copy with a reason');
      delivery.reject();
      return false;
    }
  }

  private propertiesOf({ queue, properties }: Delivery, reason: DeadLetterReason, detail: string): MessageProperties {
    // Its time to live is over: a dead letter waits until somebody looks. And the broker takes nothing in another user's name.
    const { expiration: _, userId, headers, ...kept } = sendableProperties(properties as MessageProperties & { userId?: string });
    // More routing keys: the dead letter would arrive at those, too.
    const { CC: _1, BCC: _2, ...own } = headers ?? {};
    return {
      ...kept,
      headers: {
        ...own,
        ...(userId !== undefined && { 'x-reject-user-id': userId }),
        'x-reject-reason': reason,
        'x-reject-detail': detail.slice(0, LONGEST_DETAIL),
        'x-reject-queue': queue.name,
      },
    };
  }
}

/** The id may be anything that anybody sent. */
function shownId({ properties }: Delivery): string | undefined {
  const id = properties.headers?.['id'];
  return typeof id === 'string' ? printable(id, LONGEST_ID) : undefined;
}
