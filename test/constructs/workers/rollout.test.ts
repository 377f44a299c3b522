import type { WorkerGroup } from '../../../constructs';
import { limitsOf } from '../../../workers/topology';
import { renderWorkers, workerProblems, workersOf } from '../../support/worker-objects';

const rollout = (options: WorkerGroup['rollout']) => workersOf(renderWorkers(options && { rollout: options }));

describe('rollout of a worker group', () => {
  test('replaces a quarter at a time, each after 10 s of being ready', () =>
    expect(rollout(undefined)).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
    }));

  test('takes numbers and percentages', () =>
    expect(
      rollout({ maxSurge: 3, maxUnavailable: '0%', minReadySeconds: 0, progressDeadlineSeconds: 60, revisionHistoryLimit: 0 }),
    ).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: '0%' } },
      minReadySeconds: 0,
      progressDeadlineSeconds: 60,
      revisionHistoryLimit: 0,
    }));

  test('with Recreate waits for the drain of the old workers before it counts as failed', () => {
    const { strategy, progressDeadlineSeconds } = rollout({ strategy: 'Recreate' });
    expect(strategy).toEqual({ type: 'Recreate' });
    expect(progressDeadlineSeconds).toBe(600 + limitsOf({ maxTaskSeconds: 30 }).gracePeriodSeconds);
  });

  test.each<[problem: string, rollout: Record<string, unknown>, line: RegExp]>([
    ['a misspelt strategy', { strategy: 'Rolling' }, /^workers\.general\.rollout\.strategy: got "Rolling" -> must be one of/],
    ['an unknown key', { maxSurges: 1 }, /^workers\.general\.rollout\.maxSurges: .* -> did you mean "maxSurge"\?$/],
    ['a share without %', { maxSurge: '25' }, /^workers\.general\.rollout\.maxSurge: got "25" -> .* -> write 1 or "25%"$/],
    ['more than all', { maxUnavailable: '101%' }, /^workers\.general\.rollout\.maxUnavailable: got "101%" -> .*percentage/],
    ['half a worker', { maxSurge: 0.5 }, /^workers\.general\.rollout\.maxSurge: got 0\.5 -> must be a whole number/],
    [
      'nothing that may move',
      { maxSurge: 0, maxUnavailable: '0%' },
      /^workers\.general\.rollout\.maxUnavailable: got "0%" -> must not be 0 together/,
    ],
    [
      'a surge when all are stopped first',
      { strategy: 'Recreate', maxSurge: 1 },
      /^workers\.general\.rollout\.maxSurge: got 1 -> has no meaning/,
    ],
    [
      'a deadline before the first worker counts',
      { minReadySeconds: 700 },
      /^workers\.general\.rollout\.progressDeadlineSeconds: got 600 -> must be over minReadySeconds \(700\)/,
    ],
    ['no patience', { progressDeadlineSeconds: 10 }, /progressDeadlineSeconds: got 10 -> must be over minReadySeconds \(10\)/],
    ['a fraction of a second', { minReadySeconds: 0.5 }, /minReadySeconds: got 0\.5 -> must be a whole number from 0 to 3600 seconds/],
  ])('refuses %s', (_, options, line) => expect(workerProblems({ rollout: options })).toEqual([expect.stringMatching(line)]));
});
