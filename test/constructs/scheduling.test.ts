import { brokerPodOf, brokerProblems, renderBroker, statefulSetOf } from '../support/broker-objects';

describe('scheduling of RabbitmqCluster', () => {
  test('chooses machines by label, taint and priority', () => {
    const options = {
      nodeSelector: { 'example.com/pool': 'queues' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'queues', effect: 'NoSchedule' }],
      priorityClassName: 'system-cluster-critical',
    } as const;
    expect(brokerPodOf(renderBroker(options))).toMatchObject(options);
    expect(brokerPodOf(renderBroker({ ...options, nodes: 1 }))).toMatchObject(options);
  });

  test('asks nothing of the machine unless told', () => {
    for (const field of ['nodeSelector', 'tolerations', 'priorityClassName']) expect(brokerPodOf(renderBroker())).not.toHaveProperty(field);
  });

  test('may put two nodes on one machine when there is no other', () => {
    const objects = renderBroker({ antiAffinity: 'preferred' });
    expect(brokerPodOf(objects).affinity.podAntiAffinity).toEqual({
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: statefulSetOf(objects).selector } },
      ],
    });
  });

  test.each([
    [undefined, 'ScheduleAnyway'],
    ['DoNotSchedule', 'DoNotSchedule'],
  ] as const)('with zoneSpread %s spreads over zones by %s', (zoneSpread, whenUnsatisfiable) => {
    const objects = renderBroker({ zoneSpread });
    expect(brokerPodOf(objects).topologySpreadConstraints).toEqual([
      { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable, labelSelector: statefulSetOf(objects).selector },
    ]);
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['a misspelt wish', { antiAffinity: 'prefered' }, /^broker\.antiAffinity: got "prefered" -> .* -> did you mean "preferred"\?$/],
    ['a soft wish in other words', { antiAffinity: 'soft' }, /^broker\.antiAffinity: got "soft" -> must be one of "required", "preferred"/],
    ['an unknown zone spread', { zoneSpread: 'Never' }, /^broker\.zoneSpread: got "Never" -> must be one of "ScheduleAnyway"/],
    ['a number for a label', { nodeSelector: { pool: 1 } }, /^broker\.nodeSelector\.pool: got 1 -> must be up to 63 letters/],
    ['a bad label name', { nodeSelector: { 'a b': 'x' } }, /^broker\.nodeSelector\."a b": got "a b" -> must be a name of up to 63/],
    [
      'a priority class in capitals',
      { priorityClassName: 'High' },
      /^broker\.priorityClassName: got "High" -> must be the name of a PriorityClass/,
    ],
    ['tolerations that are no list', { tolerations: {} }, /^broker\.tolerations: got \{\} -> must be a list/],
    [
      'a misspelt toleration',
      { tolerations: [{ key: 'a', efect: 'NoExecute' }] },
      /^broker\.tolerations\[0\]\.efect: .*did you mean "effect"\?$/,
    ],
    [
      'an unknown effect',
      { tolerations: [{ key: 'a', effect: 'Evict' }] },
      /^broker\.tolerations\[0\]\.effect: got "Evict" -> must be one of/,
    ],
    [
      'a toleration of nothing',
      { tolerations: [{}] },
      /^broker\.tolerations\[0\]\.operator: got "Equal" -> must be "Exists" without a key/,
    ],
    [
      'a value that is not looked at',
      { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
      /^broker\.tolerations\[0\]\.value: got "b" -> must not be given with operator "Exists"/,
    ],
    [
      'seconds that do not count',
      { tolerations: [{ key: 'a', tolerationSeconds: 5 }] },
      /^broker\.tolerations\[0\]\.tolerationSeconds: got 5 -> counts with effect "NoExecute" only/,
    ],
  ])('refuses %s', (_, options, line) => expect(brokerProblems(options)).toEqual([expect.stringMatching(line)]));
});
