import { DEFAULT_BEHAVIOR } from '../../../tools/simulate/hpa-behavior';
import { simulate } from '../../../tools/simulate/model';
import type { Task } from '../../../tools/simulate/queue';
import { randomNumbers } from '../../../tools/simulate/random';
import type { PodSettings, Scaling, Settings, Trigger } from '../../../tools/simulate/settings';
import { note } from '../../support/notes';

jest.setTimeout(240_000);

const TRIGGER: Trigger = { name: 'queue', measures: 'all', overHttp: true, cached: false, seesQueue: true };
const QUEUE = { valueOf: (values: Readonly<Record<string, number>>) => values['queue'] ?? 0, target: 1, activation: 0 };
const SCALING: Scaling = {
  min: 1,
  max: 1,
  behavior: DEFAULT_BEHAVIOR,
  sleeps: false,
  pollingSeconds: 5,
  cooldownSeconds: 60,
  triggers: [TRIGGER],
  metrics: [QUEUE],
};
const PODS: PodSettings = { concurrency: 1, startSeconds: 10, drainSeconds: 30, deletionCost: true, machines: 3 };
const settings = (scaling: Partial<Scaling> = {}, pods: Partial<PodSettings> = {}, seed = 1): Settings => ({
  title: 'test',
  scaling: { ...SCALING, ...scaling },
  pods: { ...PODS, ...pods },
  seed,
});
/** Tasks with these durations, all of them published at one time. */
const at = (arrival: number, ...durations: number[]): Task[] => durations.map((seconds) => ({ arrival, seconds }));
const scaleDownAfter = (stabilizationWindowSeconds: number) => ({
  ...DEFAULT_BEHAVIOR,
  scaleDown: { ...DEFAULT_BEHAVIOR.scaleDown, stabilizationWindowSeconds },
});

describe('a queue with workers', () => {
  test('serves one after the other', () => expect(simulate(settings(), at(0.5, 2, 2, 2)).waits).toEqual([0, 2, 4]));

  test('serves as many at once as the worker can', () =>
    expect(simulate(settings({}, { concurrency: 2 }), at(0, 2, 2, 2)).waits).toEqual([0, 0, 2]));

  test('counts each second: what waits, what runs, busy pods', () =>
    expect(simulate(settings(), at(0, 2, 2)).samples.slice(0, 5)).toEqual([
      { ready: 1, running: 1, pods: 1, busy: 1 },
      { ready: 1, running: 1, pods: 1, busy: 1 },
      { ready: 0, running: 1, pods: 1, busy: 1 },
      { ready: 0, running: 1, pods: 1, busy: 1 },
      { ready: 0, running: 0, pods: 1, busy: 0 },
    ]));

  // Pollaczek and Khinchine: with random arrivals, constant durations s and a worker busy a share u of the time, the mean wait is
  // u s / (2 (1 - u)) = 0.8 * 1 / 0.4 = 2 s.
  test('makes tasks wait as long as queueing theory says', () => {
    const random = randomNumbers(5);
    let arrival = 0;
    const tasks = Array.from({ length: 50_000 }, () => ({ arrival: (arrival -= Math.log(1 - random()) / 0.8), seconds: 1 }));
    const { waits } = simulate(settings(), tasks);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(1.85);
    expect(mean).toBeLessThan(2.15);
  });
});

describe('workers that are added', () => {
  // By hand: published at 0.5 s, collected at 5 s, shown at 10 s, seen by the HPA at 15 s; ready 10 s later.
  test('start when the statistics show the load, and take tasks when they are ready', () => {
    const { samples } = simulate(settings({ max: 3 }), at(0.5, 60, 60, 60));
    expect(samples.findIndex(({ pods }) => pods > 1)).toBe(15);
    expect(samples.findIndex(({ busy }) => busy > 1)).toBe(25);
  });

  test('start earlier for who sees the queue itself', () => {
    const trigger = { ...TRIGGER, overHttp: false };
    const { samples } = simulate(settings({ max: 3, triggers: [trigger] }), at(12, 60, 60, 60));
    expect(samples.findIndex(({ pods }) => pods > 1)).toBe(15);
    expect(simulate(settings({ max: 3 }), at(12, 60, 60, 60)).samples.findIndex(({ pods }) => pods > 1)).toBe(30);
  });

  // By hand: KEDA looks at 0, 40 and 80 s; the HPA asks at 60 s what KEDA saw at 40 s, so it knows of the tasks at 90 s.
  test('start later with cached metrics', () => {
    const cached = { max: 3, pollingSeconds: 40, triggers: [{ ...TRIGGER, overHttp: false, cached: true }] };
    expect(simulate(settings(cached), at(45, 99, 99, 99)).samples.findIndex(({ pods }) => pods > 1)).toBe(90);
  });
});

// By hand: 40 tasks arrive from 5 s to 9 s, collected at 10 s as 8 per second, shown at 15 s and seen by the HPA then: 8 / 2 are 4 workers.
// At 30 s the rate is 0.
describe('a trigger on the rate of messages', () =>
  test('adds workers for what arrives, whatever waits', () => {
    const rate = settings({
      max: 9,
      behavior: scaleDownAfter(0),
      triggers: [{ ...TRIGGER, measures: 'rate' }],
      metrics: [{ ...QUEUE, target: 2 }],
    });
    const tasks = Array.from({ length: 40 }, (_, index) => ({ arrival: 5 + index / 10, seconds: 0.01 }));
    const { samples } = simulate(rate, tasks, 40);
    expect([14, 15, 29].map((second) => samples[second]?.pods)).toEqual([1, 4, 4]);
    expect(samples[31]?.pods).toBe(1);
  }));

describe('workers that are removed', () => {
  /** Two workers, of which the one with the long task is not needed any more once the short ones are done. */
  const twoWorkers = (drainSeconds: number) =>
    simulate(
      settings({ max: 2, behavior: scaleDownAfter(0), triggers: [{ ...TRIGGER, measures: 'waiting', overHttp: false }] }, { drainSeconds }),
      [...at(1, 100, 100, 100)],
    );

  test('finish what they run within the time to drain', () => {
    const { handedBack, removals, waits } = twoWorkers(120);
    expect(removals.reduce((sum, { busy }) => sum + busy, 0)).toBeGreaterThan(0);
    expect(handedBack).toBe(0);
    expect(waits).toHaveLength(3);
  });

  test('hand back what they cannot finish, and another worker does it from the start', () => {
    const { handedBack, waits } = twoWorkers(30);
    expect(handedBack).toBeGreaterThan(0);
    expect(waits).toHaveLength(3);
    expect(Math.max(...waits)).toBeGreaterThan(100);
  });

  test('use up resources until they are gone', () => {
    const { samples, removals } = twoWorkers(120);
    const second = removals.find(({ busy }) => busy > 0)?.at ?? Number.NaN;
    expect(samples[second]).toMatchObject({ pods: 2, busy: 2 });
  });
});

describe('a group that sleeps', () => {
  const sleeper = settings({ sleeps: true, pollingSeconds: 7, cooldownSeconds: 60, max: 1 });
  const { samples } = simulate(sleeper, at(1, 5));
  const podsAt = (second: number) => samples[second]?.pods;

  // By hand: collected at 5 s, shown at 10 s, KEDA's next look is at 14 s.
  test("wakes up at KEDA's next look, not at the autoscaler's", () => expect([podsAt(0), podsAt(13), podsAt(14)]).toEqual([0, 0, 1]));

  // By hand: runs from 24 s to 29 s. Collected at 20 s, shown until 29 s: the look at 28 s is active; collected at 30 s, shown from 35 s: the
  // look at 35 s is not. 88 s is the end of the cooldown, 91 s the first look after it; the pod is gone a second later.
  test('goes to sleep at the first look after the cooldown', () => expect([podsAt(91), podsAt(92)]).toEqual([1, 0]));
});

// Measured on Kubernetes 1.34 with KEDA 2.20 and real workers: 20 tasks, 4 of 130 s and 16 of 25 s, one at once, at most 10 workers, 15 s of
// stabilisation. Of 9 workers that were removed 4 were busy; with the deletion cost none was. All tasks finished.
describe('the experiment on a real cluster', () => {
  const tasks = at(1, ...Array.from({ length: 4 }, () => 130), ...Array.from({ length: 16 }, () => 25));
  const run = (deletionCost: boolean, seed: number) => {
    const { samples, removals, waits, handedBack } = simulate(
      settings({ max: 10, behavior: scaleDownAfter(15) }, { deletionCost, startSeconds: 1, drainSeconds: 200 }, seed),
      tasks,
    );
    const sum = (key: 'pods' | 'busy') => removals.reduce((total, each) => total + each[key], 0);
    return { most: Math.max(...samples.map(({ pods }) => pods)), removed: sum('pods'), busy: sum('busy'), done: waits.length, handedBack };
  };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);

  test.each(seeds)('with deletion cost: 1 -> 10 -> 1, and no busy worker is removed (draw %i)', (seed) =>
    expect(run(true, seed)).toEqual({ most: 10, removed: 9, busy: 0, done: 20, handedBack: 0 }),
  );

  test('without it: the same, but busy workers are removed, about as many as were measured', () => {
    const runs = seeds.map((seed) => run(false, seed));
    for (const each of runs) expect(each).toMatchObject({ most: 10, removed: 9, done: 20, handedBack: 0 });
    const mean = runs.reduce((sum, { busy }) => sum + busy, 0) / runs.length;
    note(`simulated experiment, ${runs.length} draws: ${mean} of 9 removed workers were busy without deletion cost (measured: 4)`);
    expect(mean).toBeGreaterThan(2);
    expect(mean).toBeLessThanOrEqual(4);
  });
});
