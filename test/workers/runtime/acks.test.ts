import { setImmediate } from 'node:timers/promises';
import type { Message } from 'amqplib';
import { Acks } from '../../../workers/runtime/acks';

/** What a broker would be told. */
function recorder() {
  const frames: string[] = [];
  const ack = ({ fields }: Message, multiple?: boolean): void => void frames.push(`${fields.deliveryTag}${multiple ? ' and before' : ''}`);
  const acks = new Acks({ ack });
  const receive = (...tags: readonly number[]): void => tags.forEach((tag) => acks.received(tag));
  return { acks, frames, receive };
}

describe('Acks', () => {
  it('tells a run of finished deliveries in one frame', async () => {
    const { acks, frames, receive } = recorder();
    receive(1, 2, 3);
    for (const tag of [2, 1, 3]) acks.ack(tag);
    expect(frames).toEqual([]);
    await setImmediate();
    expect(frames).toEqual(['3 and before']);
  });

  it('never covers what is not finished', async () => {
    const { acks, frames, receive } = recorder();
    receive(1, 2, 3, 4, 5);
    for (const tag of [1, 2, 4, 5]) acks.ack(tag);
    await setImmediate();
    expect(frames).toEqual(['2 and before', '4', '5']);
    acks.ack(3);
    await setImmediate();
    expect(frames).toEqual(['2 and before', '4', '5', '3']);
  });

  it('passes over deliveries that were rejected', async () => {
    const { acks, frames, receive } = recorder();
    receive(1, 2, 3);
    acks.settled(2);
    acks.ack(1);
    acks.ack(3);
    await setImmediate();
    expect(frames).toEqual(['3 and before']);
  });

  it('acks a single delivery alone', async () => {
    const { acks, frames, receive } = recorder();
    receive(7);
    acks.ack(7);
    await setImmediate();
    expect(frames).toEqual(['7']);
  });

  it('says at once what is gathered when asked to', () => {
    const { acks, frames, receive } = recorder();
    receive(1);
    acks.ack(1);
    acks.flush();
    expect(frames).toEqual(['1']);
  });

  it('survives a channel that is gone', () => {
    const acks = new Acks({
      ack: () => {
        throw new Error('Channel closed');
      },
    });
    acks.received(1);
    acks.ack(1);
    expect(() => acks.flush()).not.toThrow();
  });

  it.each([1, 2, 3, 4, 5])('acks each delivery exactly once, whatever the order (seed %i)', async (seed) => {
    const told = new Set<number>();
    const open = new Set(Array.from({ length: 200 }, (_, index) => index + 1));
    const unfinished = new Set(open);
    const acks = new Acks({
      ack: ({ fields: { deliveryTag } }: Message, multiple?: boolean) => {
        const covered = multiple ? [...open].filter((tag) => tag <= deliveryTag) : [deliveryTag];
        for (const tag of covered) {
          expect(unfinished.has(tag)).toBe(false);
          expect(told.has(tag)).toBe(false);
          told.add(tag);
          open.delete(tag);
        }
      },
    });
    for (const tag of open) acks.received(tag);
    let state = seed;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    while (unfinished.size > 0) {
      const tag = [...unfinished][Math.floor(random() * unfinished.size)] as number;
      unfinished.delete(tag);
      acks.ack(tag);
      if (random() < 0.2) await setImmediate();
    }
    await setImmediate();
    expect(told.size).toBe(200);
  });
});
