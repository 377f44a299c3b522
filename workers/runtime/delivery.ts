import type { Channel, ConsumeMessage } from 'amqplib';
import type { MessageProperties } from '../celery/message';
import type { Queue } from '../topology';
import { type Acks, quietly } from './acks';

/**
 * One message as the broker gave it to this worker. It is settled once; what comes later is ignored. It is settled on the channel it came
 * from and on no other: the broker has given it to another consumer once that channel is gone.
 */
export class Delivery {
  private isSettled = false;
  private isLost = false;
  /** Set while a copy of the message is being published that takes its place: handed back meanwhile, it would exist twice. */
  leaving = false;

  constructor(
    private readonly channel: Channel,
    private readonly acks: Acks,
    private readonly message: ConsumeMessage,
    readonly queue: Queue,
    private readonly onSettled: (delivery: Delivery) => void,
    /** Taken beyond the prefetch, to look at it and not to run it. */
    readonly scouted: boolean,
  ) {
    acks.received(message.fields.deliveryTag);
  }

  get content(): Buffer {
    return this.message.content;
  }

  get properties(): MessageProperties {
    return this.message.properties;
  }

  get exchange(): string {
    return this.message.fields.exchange;
  }

  get routingKey(): string {
    return this.message.fields.routingKey;
  }

  get consumerTag(): string {
    return this.message.fields.consumerTag;
  }

  get redelivered(): boolean {
    return this.message.fields.redelivered;
  }

  /** Deliveries of this message that failed before: quorum queues count them. On a first delivery the header is the producer's own. */
  get failedDeliveries(): number {
    const count: unknown = this.redelivered ? this.properties.headers?.['x-delivery-count'] : 0;
    return typeof count === 'number' ? count : 0;
  }

  /** Whether the broker still waits for a word. */
  get open(): boolean {
    return !this.isSettled;
  }

  /** The message is done. */
  ack(): void {
    this.settle(() => this.acks.ack(this.tag));
  }

  /** Gives it back as if it had not been taken: `basic.nack` does not count towards the delivery limit (RabbitMQ 4.3). */
  handBack(): void {
    this.settleNow(() => this.channel.nack(this.message, false, true));
  }

  /** Gives it back as a failed delivery: `basic.reject` counts, and after the queue's `deliveryLimit` the broker dead-letters it. */
  redeliver(): void {
    this.settleNow(() => this.channel.reject(this.message, true));
  }

  /** The broker dead-letters it by policy. */
  reject(): void {
    this.settleNow(() => this.channel.reject(this.message, false));
  }

  /** The broker has taken it back by itself, and gives it to some worker again. */
  lose(): void {
    this.settle(() => {
      this.isLost = true;
      this.acks.settled(this.tag);
    });
  }

  get lost(): boolean {
    return this.isLost;
  }

  private get tag(): number {
    return this.message.fields.deliveryTag;
  }

  private settleNow(say: () => void): void {
    this.settle(() => {
      this.acks.settled(this.tag);
      quietly(say);
    });
  }

  private settle(say: () => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    say();
    this.onSettled(this);
  }
}
