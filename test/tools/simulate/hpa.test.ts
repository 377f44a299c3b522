import { freshMemory, type HpaMemory, type HpaSettings, recommend, synchronize } from '../../../tools/simulate/hpa';
import { type BehaviorInManifest, resolveBehavior } from '../../../tools/simulate/hpa-behavior';

/** Replicas after each of some synchronisations, `every` seconds apart, with these wanted numbers. */
function replicasOf(settings: HpaSettings, start: number, wanted: readonly number[], every = 15): number[] {
  let [replicas, memory]: [number, HpaMemory] = [start, freshMemory(0, start)];
  return wanted.map((total, index) => {
    ({ replicas, memory } = synchronize(settings, memory, (index + 1) * every, replicas, [{ total, target: 1 }]));
    return replicas;
  });
}
const withBehavior = (behavior: BehaviorInManifest): HpaSettings => ({ min: 1, max: 1000, behavior: resolveBehavior(behavior) });
const times = (count: number, wanted: number): number[] => Array.from({ length: count }, () => wanted);
const upBy = (...policies: { type: 'Pods' | 'Percent'; value: number; periodSeconds: number }[]) => ({ policies });

describe('the wanted number of replicas', () => {
  test('is the total by the target, rounded up', () => {
    expect(recommend({ total: 33, target: 16 }, 1)).toBe(3);
    expect(recommend({ total: 0, target: 16 }, 5)).toBe(0);
  });

  test('does not change within ten percent', () => {
    expect(recommend({ total: 109, target: 10 }, 10)).toBe(10);
    expect(recommend({ total: 91, target: 10 }, 10)).toBe(10);
    expect(recommend({ total: 111, target: 10 }, 10)).toBe(12);
    expect(recommend({ total: 89, target: 10 }, 10)).toBe(9);
  });

  test('is that of the metric that wants most', () => {
    const metrics = [
      { total: 2, target: 1 },
      { total: 30, target: 10 },
    ];
    expect(synchronize(withBehavior({}), freshMemory(0, 1), 15, 1, metrics).replicas).toBe(3);
  });
});

describe('policies', () => {
  // Kubernetes documentation, Horizontal Pod Autoscaling, "Scaling policies": from 80 replicas 8 go, from 72 it is 7.2, rounded up to 8;
  // from 40 on, 4 at a time.
  test('remove the larger of 10 % and 4 pods in a minute, as documented', () => {
    const scaleDown = {
      stabilizationWindowSeconds: 0,
      ...upBy({ type: 'Pods', value: 4, periodSeconds: 60 }, { type: 'Percent', value: 10, periodSeconds: 60 }),
    };
    // By hand: 80, 72, 64.8 -> 64, 57.6 -> 57, 51.3 -> 51, 45.9 -> 45, 40.5 -> 40, then 36 (both say 4), 32, 28, ...
    expect(replicasOf(withBehavior({ scaleDown }), 80, times(10, 10), 60)).toEqual([72, 64, 57, 51, 45, 40, 36, 32, 28, 24]);
  });

  // By hand: 8 of 80 in the first synchronisation, and no more until that minute is over, although the controller looks each 15 s.
  test('count what was removed in their period', () => {
    const scaleDown = { stabilizationWindowSeconds: 0, ...upBy({ type: 'Percent', value: 10, periodSeconds: 60 }) };
    expect(replicasOf(withBehavior({ scaleDown }), 80, times(6, 1))).toEqual([72, 72, 72, 72, 64, 64]);
  });

  // Kubernetes enhancement 853, "scale up as fast as possible": 900 % make ten times as many in each step.
  test('multiply by ten with 900 percent', () =>
    expect(replicasOf(withBehavior({ scaleUp: upBy({ type: 'Percent', value: 900, periodSeconds: 15 }) }), 1, times(3, 1000))).toEqual([
      10, 100, 1000,
    ]));

  // The same enhancement, "scale up very gradually".
  test('add one by one with one pod', () =>
    expect(replicasOf(withBehavior({ scaleUp: upBy({ type: 'Pods', value: 1, periodSeconds: 15 }) }), 1, times(3, 1000))).toEqual([
      2, 3, 4,
    ]));

  // By hand: 50 % of 1 is 0.5, rounded up to 2 replicas on the way up; 3 - 50 % is 1.5, cut off to 1 on the way down.
  test('round up on the way up, and cut off on the way down', () => {
    expect(replicasOf(withBehavior({ scaleUp: upBy({ type: 'Percent', value: 50, periodSeconds: 15 }) }), 1, [9, 9, 9])).toEqual([2, 3, 5]);
    const scaleDown = { stabilizationWindowSeconds: 0, ...upBy({ type: 'Percent', value: 50, periodSeconds: 15 }) };
    expect(replicasOf(withBehavior({ scaleDown }), 3, [0])).toEqual([1]);
  });

  test('choose the smallest change with Min, and none with Disabled', () => {
    const both = upBy({ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 });
    expect(replicasOf(withBehavior({ scaleUp: { ...both, selectPolicy: 'Min' } }), 10, [100])).toEqual([14]);
    expect(replicasOf(withBehavior({ scaleUp: both }), 10, [100])).toEqual([20]);
    expect(replicasOf(withBehavior({ scaleUp: { ...both, selectPolicy: 'Disabled' } }), 10, [100])).toEqual([10]);
    const down = { ...both, stabilizationWindowSeconds: 0 };
    expect(replicasOf(withBehavior({ scaleDown: { ...down, selectPolicy: 'Min' } }), 10, [1])).toEqual([6]);
    expect(replicasOf(withBehavior({ scaleDown: { ...down, selectPolicy: 'Disabled' } }), 10, [1])).toEqual([10]);
  });

  // Measured on Kubernetes 1.34 with KEDA 2.20: 20 tasks, target 1, at most 10 workers.
  test('make 5 and then 10 of 1, as a real cluster did', () =>
    expect(replicasOf({ ...withBehavior({}), max: 10 }, 1, [20, 20])).toEqual([5, 10]));
});

describe('stabilisation', () => {
  // The same enhancement, "avoid false positive scale-down": the largest of the recommendations of the window counts, here 10.
  test('keeps the most that was wanted in the window', () =>
    expect(replicasOf(withBehavior({ scaleDown: { stabilizationWindowSeconds: 600 } }), 10, [9, 8, 9, 9, 8, 9, 8, 9], 60)).toEqual(
      times(8, 10),
    ));

  // By hand: the wish for 10 at 15 s leaves the window of 60 s at 75 s, the fifth synchronisation; there 3 is the most.
  test('lets go when the window is over', () =>
    expect(replicasOf(withBehavior({ scaleDown: { stabilizationWindowSeconds: 60 } }), 10, [10, 3, 2, 2, 2, 2, 2])).toEqual([
      10, 10, 10, 10, 3, 2, 2,
    ]));

  test('keeps the least that was wanted in a window on the way up', () =>
    expect(replicasOf(withBehavior({ scaleUp: { stabilizationWindowSeconds: 30 } }), 2, [4, 4, 4])).toEqual([2, 4, 4]));

  test('waits 300 s without a behavior, and then goes down at once', () => {
    const none: HpaSettings = { min: 1, max: 100, behavior: undefined };
    expect(replicasOf(none, 30, times(20, 1))).toEqual([...times(19, 30), 1]);
  });

  test('doubles without a behavior, from four on', () =>
    expect(replicasOf({ min: 1, max: 100, behavior: undefined }, 1, times(4, 99))).toEqual([4, 8, 16, 32]));
});

describe('the range', () => {
  test('holds at once, whatever the policies say', () => {
    const slow = { ...withBehavior({ scaleUp: upBy({ type: 'Pods', value: 1, periodSeconds: 60 }) }), min: 5, max: 8 };
    expect(replicasOf(slow, 1, [1])).toEqual([5]);
    expect(replicasOf(slow, 20, [1])).toEqual([8]);
  });

  test('leaves a group alone that sleeps', () => expect(replicasOf(withBehavior({}), 0, [50])).toEqual([0]));
});
