import type { Publisher } from '../broker/publisher';
import { delayedRoutingKey, DELAYED_DELIVERY_ENTRY } from '../celery/delayed-delivery';
import { encodeRetry, type TaskMessage } from '../celery/message';
import type { Topology } from '../topology';
import type { Delivery } from './delivery';

/** Publishes messages again for later, always to the queue they came from. */
export class Requeue {
  constructor(
    private readonly publisher: Publisher,
    private readonly topology: Pick<Topology, 'exchange' | 'delayedDelivery'>,
  ) {}

  /** The next try of a task that ran. Resolves when the broker has accepted it; the original may then be acked. @throws PublishError */
  async retry(delivery: Delivery, message: TaskMessage, delaySeconds: number): Promise<void> {
    const eta = delaySeconds > 0 ? new Date(Date.now() + delaySeconds * 1000) : null;
    await this.publish(delivery, message, message.retries + 1, message.id, eta);
  }

  /** The same try of a task that has not run, at its time. Resolves as `retry` does. @throws PublishError */
  async putOff(delivery: Delivery, message: TaskMessage, time: Date): Promise<void> {
    await this.publish(delivery, message, message.retries, message.parentId, time);
  }

  /** The copy waits in the broker; what is left of the last second the worker that gets it waits itself: delays have whole seconds. */
  private async publish(
    delivery: Delivery,
    message: TaskMessage,
    retries: number,
    parentId: string | null,
    eta: Date | null,
  ): Promise<void> {
    const { content, properties } = encodeRetry(message, delivery, { retries, eta });
    const { name, broadcast } = delivery.queue;
    const seconds = eta === null ? 0 : Math.floor((eta.getTime() - Date.now()) / 1000);
    const waits = this.topology.delayedDelivery && seconds >= 1 && !broadcast;
    // A broadcast would go to all who listen; the default exchange knows each queue by its name.
    const straight = broadcast ? '' : this.topology.exchange;
    await this.publisher.publish({
      exchange: waits ? DELAYED_DELIVERY_ENTRY : straight,
      routingKey: waits ? delayedRoutingKey(seconds, name) : name,
      content,
      properties: { ...properties, headers: { ...properties.headers, parent_id: parentId } },
      persistent: true,
    });
  }
}
