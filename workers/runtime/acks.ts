import type { Channel, Message } from 'amqplib';

/**
 * Acks of one channel, gathered over one turn of the event loop: a run of finished deliveries from the oldest one on becomes one frame
 * (`multiple`), the others go one by one. A delivery that is not finished is never covered.
 */
export class Acks {
  /** Tags from the oldest unfinished one on, in the order the broker gave them, which is ascending. */
  private readonly outstanding = new Map<number, 'open' | 'acked'>();
  private pending: number[] = [];

  constructor(private readonly channel: Pick<Channel, 'ack'>) {}

  received(tag: number): void {
    this.outstanding.set(tag, 'open');
  }

  ack(tag: number): void {
    this.outstanding.set(tag, 'acked');
    if (this.pending.push(tag) === 1) setImmediate(() => this.flush());
  }

  /** The delivery was settled otherwise: rejected or handed back. */
  settled(tag: number): void {
    this.outstanding.delete(tag);
  }

  /** Sends what is gathered. To be called before the channel is closed. */
  flush(): void {
    if (this.pending.length === 0) return;
    const prefix = this.takePrefix();
    if (prefix) this.send(prefix.last, prefix.count > 1);
    for (const tag of this.pending) {
      if (prefix && tag <= prefix.last) continue;
      this.send(tag, false);
      this.outstanding.delete(tag);
    }
    this.pending = [];
  }

  /** Forgets the finished deliveries before the oldest unfinished one. */
  private takePrefix(): { last: number; count: number } | undefined {
    let last = 0;
    let count = 0;
    for (const [tag, state] of this.outstanding) {
      if (state === 'open') break;
      if (state === 'acked') {
        last = tag;
        count += 1;
      }
      this.outstanding.delete(tag);
    }
    return count > 0 ? { last, count } : undefined;
  }

  private send(deliveryTag: number, multiple: boolean): void {
    quietly(() => this.channel.ack({ fields: { deliveryTag } } as Message, multiple));
  }
}

/** On a channel that is gone there is nothing to say: the broker has taken its messages back already. */
export function quietly(say: () => void): void {
  try {
    say();
  } catch {
    // amqplib throws IllegalOperationError on a closed channel.
  }
}
