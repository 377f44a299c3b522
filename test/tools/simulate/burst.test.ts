import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { figuresOf } from '../../../tools/simulate/figures';
import { readLoad } from '../../../tools/simulate/load';
import { readGroup } from '../../../tools/simulate/manifest';
import { readOptions } from '../../../tools/simulate/options';
import { runsOf, settingsOf } from '../../../tools/simulate/report';
import { renderTasks, REPOSITORY } from '../../support/manifests';
import { note } from '../../support/notes';

/** How long the slowest task of the burst may wait. */
const LATENCY_TARGET_SECONDS = 120;
const FILE = 'test/vectors/burst.csv';

// The group `general` of main.ts in production, rendered by today's constructs.
const group = readGroup(
  renderTasks({ workers: { general: { queues: ['small'], concurrency: 16, scale: { min: 2, max: 30 } } } }),
  'rendered',
  'general',
);
const load = readLoad(readFileSync(join(REPOSITORY, FILE), 'utf8'), FILE);
const run = (seed: number, ...flags: string[]) => {
  const options = readOptions(['--load', FILE, '--seed', String(seed), ...flags]);
  return runsOf(settingsOf(group, options), load, options);
};
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const sum = (flags: readonly string[], key: 'busyRemoved' | 'avoidableRemoved' | 'podsRemoved'): number =>
  seeds.flatMap((seed) => run(seed, ...flags)).reduce((total, each) => total + figuresOf(each)[key], 0);

describe('a burst of 6,000 tasks', () => {
  const runs = run(1, '--compare', 'tutorial');
  const [warren, byDefault, atOnce] = runs.map(figuresOf) as [
    ReturnType<typeof figuresOf>,
    ReturnType<typeof figuresOf>,
    ReturnType<typeof figuresOf>,
  ];

  test('takes the workers from 2 to 30 and back to 2', () => {
    const pods = runs[0]?.samples.map((sample) => sample.pods) ?? [];
    expect([pods[0], Math.max(...pods), pods.at(-1)]).toEqual([2, 30, 2]);
    expect(warren.podsRemoved).toBeGreaterThanOrEqual(28);
  });

  test('is done within the latency target, and every task once', () => {
    expect(runs[0]?.waits).toHaveLength(load.reduce((total, { count }) => total + count, 0));
    expect(warren.waitMax).toBeLessThan(LATENCY_TARGET_SECONDS);
    expect(warren.handedBack).toBe(0);
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
