import { renderWorkers, workerPodOf, workerProblems, workersOf } from '../../support/worker-objects';

describe('placement of a worker group', () => {
  test('spreads softly over machines and zones, and looks only at workers of the same version', () => {
    const objects = renderWorkers();
    const like = {
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: workersOf(objects).selector,
      matchLabelKeys: ['pod-template-hash'],
    };
    expect(workerPodOf(objects).topologySpreadConstraints).toEqual([
      { topologyKey: 'kubernetes.io/hostname', ...like },
      { topologyKey: 'topology.kubernetes.io/zone', ...like },
    ]);
  });

  test.each([
    ['nodeSpread', 'kubernetes.io/hostname'],
    ['zoneSpread', 'topology.kubernetes.io/zone'],
  ])('waits for a better place with %s: DoNotSchedule', (option, topologyKey) =>
    expect(
      workerPodOf(renderWorkers({ [option]: 'DoNotSchedule' })).topologySpreadConstraints.filter(
        (each: { whenUnsatisfiable: string }) => each.whenUnsatisfiable === 'DoNotSchedule',
      ),
    ).toEqual([expect.objectContaining({ topologyKey })]),
  );

  test('chooses machines, priority and runtime', () => {
    const options = {
      nodeSelector: { pool: 'tasks' },
      priorityClassName: 'low',
      runtimeClassName: 'gvisor',
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
    };
    expect(workerPodOf(renderWorkers(options))).toMatchObject(options);
  });

  test('adds tolerations to the ones for lost machines', () => {
    const { tolerations } = workerPodOf(renderWorkers({ tolerations: [{ key: 'spot', operator: 'Exists' }] }));
    expect(tolerations.map(({ key }: { key: string }) => key)).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
      'spot',
    ]);
  });

  test('asks nothing of the machine unless told', () => {
    for (const field of ['nodeSelector', 'affinity', 'priorityClassName', 'runtimeClassName', 'initContainers', 'hostAliases', 'dnsConfig'])
      expect(workerPodOf(renderWorkers())).not.toHaveProperty(field);
  });

  test.each([
    ['short', { queues: ['small'] }, 'true'],
    ['long', { queues: ['large'] }, 'false'],
    ['protected', { safeToEvict: false }, 'false'],
    ['long but repeatable', { queues: ['large'], safeToEvict: true }, 'true'],
  ])('tells the cluster autoscaler about %s tasks', (_, options, safe) =>
    expect(workersOf(renderWorkers(options)).template.metadata.annotations['cluster-autoscaler.kubernetes.io/safe-to-evict']).toBe(safe),
  );

  test.each([
    [580, 'true'],
    [581, 'false'],
  ])('draws the line at the ten minutes that the cluster autoscaler waits: tasks of %d s', (maxTaskSeconds, safe) =>
    expect(
      workersOf(renderWorkers({}, { queues: { small: { maxTaskSeconds } } })).template.metadata.annotations[
        'cluster-autoscaler.kubernetes.io/safe-to-evict'
      ],
    ).toBe(safe),
  );

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['a wish in other words', { nodeSpread: 'soft' }, /^workers\.general\.nodeSpread: got "soft" -> must be one of "ScheduleAnyway"/],
    ['the same for zones', { zoneSpread: 'hard' }, /^workers\.general\.zoneSpread: got "hard" -> /],
    [
      'a misspelt affinity',
      { affinity: { podAntiAfinity: {} } },
      /^workers\.general\.affinity\.podAntiAfinity: .* -> did you mean "podAntiAffinity"\?$/,
    ],
    [
      'a bad runtime class',
      { runtimeClassName: 'gVisor' },
      /^workers\.general\.runtimeClassName: got "gVisor" -> must be the name of a RuntimeClass/,
    ],
    ['a toleration of nothing', { tolerations: [{}] }, /^workers\.general\.tolerations\[0\]\.operator: /],
    ['text for a flag', { safeToEvict: 'true' }, /^workers\.general\.safeToEvict: got "true" -> must be one of true, false/],
  ])('refuses %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));
});
