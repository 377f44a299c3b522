import { find } from '../../support/manifests';
import { renderWorkers, workerProblems, workersOf } from '../../support/worker-objects';

describe('disruption budget of a worker group', () => {
  test('is not there unless asked for', () =>
    expect(
      renderWorkers({ replicas: 5 }).filter(({ metadata, kind }) => kind === 'PodDisruptionBudget' && metadata.name !== 'tasks-broker'),
    ).toEqual([]));

  test('is for the pods of the group, and never keeps unready ones', () => {
    const objects = renderWorkers({ replicas: 2, disruptionBudget: { maxUnavailable: 1 } });
    expect(find(objects, 'PodDisruptionBudget', 'tasks-worker-general').spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: workersOf(objects).selector,
    });
  });

  test('takes a percentage and the other policy for a scaled group', () =>
    expect(
      find(
        renderWorkers({
          scale: { min: 0, max: 2 },
          disruptionBudget: { maxUnavailable: '20%', unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
        }),
        'PodDisruptionBudget',
        'tasks-worker-general',
      ).spec,
    ).toMatchObject({ maxUnavailable: '20%', unhealthyPodEvictionPolicy: 'IfHealthyBudget' }));

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      'one for the default of one worker',
      { disruptionBudget: { maxUnavailable: 1 } },
      /disruptionBudget: .* is of no use for a group of at most 1 workers/,
    ],
    ['one for a group that never grows', { scale: { min: 0, max: 1 }, disruptionBudget: { maxUnavailable: 1 } }, /is of no use/],
    [
      'one that lets nobody go',
      { replicas: 3, disruptionBudget: { maxUnavailable: 0 } },
      /disruptionBudget\.maxUnavailable: got 0 -> must be a whole number from 1/,
    ],
    ['a percentage of nothing', { replicas: 3, disruptionBudget: { maxUnavailable: '0%' } }, /maxUnavailable: got "0%" -> /],
    ['one without a number', { replicas: 3, disruptionBudget: {} }, /maxUnavailable: got nothing -> /],
    [
      'the opposite number',
      { replicas: 3, disruptionBudget: { maxUnavailable: 1, minAvailable: 1 } },
      /minAvailable: got 1 -> is not a known key/,
    ],
  ])('refuses %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));
});
