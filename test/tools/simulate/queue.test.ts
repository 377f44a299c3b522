import { Queue } from '../../../tools/simulate/queue';

const task = (arrival: number) => ({ arrival, seconds: 1 });

describe('Queue', () => {
  test('delivers in the order of arrival, and first of all what was handed back', () => {
    const queue = new Queue();
    for (const arrival of [1, 2, 3]) queue.publish(task(arrival));
    const first = queue.deliver();
    expect(first).toEqual(task(1));
    queue.handBack(task(1));
    expect([queue.deliver(), queue.deliver(), queue.deliver(), queue.deliver()]).toEqual([task(1), task(2), task(3), undefined]);
  });

  test('counts what waits and what workers have', () => {
    const queue = new Queue();
    for (const arrival of [1, 2, 3]) queue.publish(task(arrival));
    queue.deliver();
    queue.deliver();
    expect([queue.ready, queue.unacked]).toEqual([1, 2]);
    queue.acknowledge();
    queue.handBack(task(2));
    expect([queue.ready, queue.unacked]).toEqual([2, 0]);
  });

  test('goes on after it was empty, and after many', () => {
    const queue = new Queue();
    expect(queue.deliver()).toBeUndefined();
    for (let arrival = 0; arrival < 25_000; arrival++) queue.publish(task(arrival));
    for (let arrival = 0; arrival < 25_000; arrival++) expect(queue.deliver()?.arrival).toBe(arrival);
    expect(queue.ready).toBe(0);
  });
});
