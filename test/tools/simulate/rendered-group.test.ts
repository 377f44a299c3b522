import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figures, figuresOf } from '../../../tools/simulate/figures';
import { type Arrivals, readLoad } from '../../../tools/simulate/load';
import { readGroup } from '../../../tools/simulate/manifest';
import { readOptions } from '../../../tools/simulate/options';
import { runsOf, settingsOf } from '../../../tools/simulate/report';
import { renderTasks, REPOSITORY } from '../../support/manifests';
import { note } from '../../support/notes';

jest.setTimeout(240_000);

/** How long the slowest task of the burst may wait. */
const LATENCY_TARGET_SECONDS = 120;

// The groups of main.ts in production, rendered by today's constructs.
const rendered = renderTasks({
  workers: {
    general: { queues: ['small'], concurrency: 16, scale: { min: 2, max: 30 } },
    heavy: { queues: ['large'], concurrency: 2, scale: { min: 0, max: 10 } },
  },
});
const readVector = (file: string) => readLoad(readFileSync(join(REPOSITORY, 'test/vectors', file), 'utf8'), file);
const runGroup = (group: string, load: Arrivals[], ...flags: string[]) => {
  const options = readOptions(['--load', 'load.csv', ...flags]);
  return runsOf(settingsOf(readGroup(rendered, 'rendered', group), options), load, options);
};
const load = readVector('burst.csv');
const run = (seed: number, ...flags: string[]) => runGroup('general', load, '--seed', String(seed), ...flags);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const sum = (flags: readonly string[], key: 'busyRemoved' | 'avoidableRemoved' | 'podsRemoved'): number =>
  seeds.flatMap((seed) => run(seed, ...flags)).reduce((total, each) => total + figuresOf(each)[key], 0);

describe('a burst of 6,000 tasks', () => {
  const runs = run(1, '--compare', 'tutorial');
  const [warren, byDefault, atOnce] = runs.map(figuresOf) as [Figures, Figures, Figures];

  test('takes the workers from 2 to 30 and back to 2', () => {
    const pods = runs[0]?.samples.map((sample) => sample.pods) ?? [];
    expect([pods[0], Math.max(...pods), pods.at(-1)]).toEqual([2, 30, 2]);
    expect(warren.podsRemoved).toBeGreaterThanOrEqual(28);
  });

  test('is done within the latency target, and every task once', () => {
    expect(runs[0]?.waits).toHaveLength(load.reduce((total, { count }) => total + count, 0));
    expect(warren.waitMax).toBeLessThan(LATENCY_TARGET_SECONDS);
    expect(warren).toMatchObject({ handedBack: 0, avoidableRemoved: 0 });
  });

  test('costs more pods with the default window of tutorials, for no shorter wait', () => {
    expect(byDefault.podSeconds).toBeGreaterThan(1.5 * warren.podSeconds);
    expect(byDefault.waitP95).toBeGreaterThanOrEqual(warren.waitP95);
  });

  test('loses busy workers with the window 0 of tutorials', () => {
    expect(atOnce.busyRemoved).toBeGreaterThanOrEqual(10 + warren.busyRemoved);
    for (const [index, { title }] of runs.entries()) {
      const { waitP95, podSeconds, busyRemoved } = [warren, byDefault, atOnce][index] ?? warren;
      note(`simulated burst, ${title}: p95 wait ${waitP95.toFixed(0)} s, ${podSeconds} pod-seconds, ${busyRemoved} busy pods removed`);
    }
  });

  // An annotation may be 15 s old, so a task that has just begun can be overlooked: hence not 0.
  test('removes hardly any busy worker while there is an idle one; without deletion cost, many', () => {
    const [withCost, without] = [sum([], 'avoidableRemoved'), sum(['--no-deletion-cost'], 'avoidableRemoved')];
    note(
      `simulated burst, ${seeds.length} draws: busy pods removed while an idle one stayed: ${withCost}, without deletion cost ${without}`,
    );
    expect(withCost).toBeLessThanOrEqual(without / 3);
    expect(without).toBeGreaterThanOrEqual(2 * seeds.length);
  });
});

describe('40 tasks of five minutes', () => {
  const runs = runGroup('heavy', readVector('long-tasks.csv'), '--compare', 'tutorial');
  const [warren, ...tutorials] = runs.map(figuresOf) as [Figures, Figures, Figures];

  test('wake the group up, and let it sleep again without removing a busy worker', () => {
    const pods = runs[0]?.samples.map((sample) => sample.pods) ?? [];
    expect([pods[0], Math.max(...pods), pods.at(-1)]).toEqual([0, 10, 0]);
    expect(warren).toMatchObject({ busyRemoved: 0, handedBack: 0 });
  });

  // Who sees waiting messages only takes ten busy workers for none at all.
  test('wait longer in tutorials, whose workers are removed while they run them', () => {
    for (const [index, tutorial] of tutorials.entries()) {
      expect(tutorial.busyRemoved).toBeGreaterThan(0);
      expect(tutorial.handedBack).toBeGreaterThan(0);
      expect(tutorial.waitP95).toBeGreaterThan(2 * warren.waitP95);
      const { waitP95, handedBack } = tutorial;
      note(
        `simulated long tasks, ${runs[index + 1]?.title}: p95 wait ${waitP95.toFixed(0)} s (rendered group: ${warren.waitP95.toFixed(0)} s), ${handedBack} handed back`,
      );
    }
  });
});
