import { deletionCost } from '../../../workers/kubernetes/deletion-cost';
import { newPod, type Pod, publishCost } from '../../../tools/simulate/pod';
import { chooseRemoved } from '../../../tools/simulate/replica-set';

const NOW = 1000;
const pod = (uid: number, changes: Partial<Pod> = {}): Pod => ({ ...newPod(uid, uid, 0, 10), ...changes });
const removed = (count: number, ...pods: Pod[]): number[] => chooseRemoved(pods, count, NOW).map(({ uid }) => uid);

describe('the pods a ReplicaSet removes', () => {
  test('are those that are not ready, before the cost counts', () =>
    expect(removed(1, pod(1, { cost: -5 }), pod(2, { cost: 9, readyAt: NOW + 1 }))).toEqual([2]));

  test('are then those of the lowest cost, before the machine counts', () =>
    expect(removed(2, pod(1, { cost: 2, machine: 7 }), pod(2, { cost: 0 }), pod(3, { cost: 1, machine: 7 }))).toEqual([2, 3]));

  test('are then on the machine with most of them, before the age counts', () =>
    expect(removed(1, pod(1, { readyAt: NOW - 1 }), pod(2, { machine: 7 }), pod(3, { machine: 7 }))).toEqual([2]));

  // By hand: ready for 990 s, 400 s and 900 s are, in nanoseconds, 2^39.9, 2^38.5 and 2^39.7.
  test('are then those that are ready for less than half of the time; among the others chance decides', () => {
    expect(removed(1, pod(1), pod(2, { readyAt: NOW - 400 }))).toEqual([2]);
    expect(removed(1, pod(1), pod(2, { readyAt: NOW - 900 }))).toEqual([1]);
    expect(removed(1, pod(2), pod(1, { readyAt: NOW - 900 }))).toEqual([1]);
  });

  test('are the newest of those that are not ready', () =>
    expect(removed(1, pod(1, { readyAt: NOW + 1, createdAt: 0 }), pod(2, { readyAt: NOW + 1, createdAt: NOW - 9 }))).toEqual([2]));
});

describe('a worker that publishes its cost', () => {
  const settings = { concurrency: 4, startSeconds: 0, drainSeconds: 30, deletionCost: true, machines: 1 };
  const busy = (count: number): Pod => pod(1, { running: new Map(Array.from({ length: count }, () => [{ arrival: 0, seconds: 1 }, NOW])) });

  test('says how much work is under way, as a real one does', () => {
    const worker = busy(3);
    publishCost(worker, NOW, settings);
    expect(worker.cost).toBe(deletionCost([0, 0, 0]));
    publishCost(worker, NOW + 60, settings);
    expect(worker.cost).toBe(deletionCost([60, 60, 60]));
  });

  test('does so not more often than each 15 s', () => {
    const worker = busy(3);
    publishCost(worker, NOW, settings);
    worker.running.clear();
    publishCost(worker, NOW + 14, settings);
    expect(worker.cost).toBe(deletionCost([0, 0, 0]));
    publishCost(worker, NOW + 15, settings);
    expect(worker.cost).toBe(0);
  });

  test('says nothing without deletion cost, or once it is removed', () => {
    const [silent, removedOne] = [busy(3), busy(3)];
    removedOne.removedAt = NOW;
    publishCost(silent, NOW, { ...settings, deletionCost: false });
    publishCost(removedOne, NOW, settings);
    expect([silent.cost, removedOne.cost]).toEqual([0, 0]);
  });
});
