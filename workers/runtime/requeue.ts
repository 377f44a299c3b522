import { delayedRoutingKey, DELAYED_DELIVERY_ENTRY } from '../celery/delayed-delivery';
import { encodeRetry } from '../celery/retry';
import type { Publisher } from '../broker/publisher';
import type { Topology } from '../topology';
import type { Delivery } from './delivery';

/** Publishes messages again for later, always to the queue they came from. */
export class Requeue {
  constructor(
    private readonly publisher: Publisher,
    private readonly topology: Pick<Topology, 'exchange' | 'delayedDelivery'>,
  ) {}

  /**
   * Resolves when the broker has accepted the copy; the original may then be acked. The copy waits in the broker; what is left of the last
   * second the worker that gets it waits itself, because Celery's delays have whole seconds.
   * @throws PublishError
   */
  async publish(delivery: Delivery, retries: number, time: Date): Promise<void> {
    const { content, properties } = encodeRetry(delivery.content, delivery.properties, { retries, eta: time });
    const seconds = Math.floor((time.getTime() - Date.now()) / 1000);
    const { name: key, broadcast } = delivery.queue;
    const waits = this.topology.delayedDelivery && seconds >= 1 && !broadcast;
    // A broadcast would go to all who listen; the default exchange knows each queue by its name.
    const straight = broadcast ? '' : this.topology.exchange;
    await this.publisher.publish({
      exchange: waits ? DELAYED_DELIVERY_ENTRY : straight,
      routingKey: waits ? delayedRoutingKey(seconds, key) : key,
      content,
      properties,
      persistent: true,
    });
  }
}
