import { fileOf, find, problemsOf, renderTasks } from '../support/manifests';

const large = (limits: unknown) => ({
  queues: { large: { maxTaskSeconds: 900, limits } },
  workers: { general: { queues: ['large'], scale: { min: 1, max: 2 } } },
});

describe('limits of a queue', () => {
  test.each<[limits: Record<string, number>, got: string, fix: string]>([
    [{ gracePeriodSeconds: 600 }, 'soft 900, hard 905, grace 600, consumer timeout 980', 'raise gracePeriodSeconds over 905'],
    [{ gracePeriodSeconds: 905 }, 'soft 900, hard 905, grace 905, consumer timeout 980', 'raise gracePeriodSeconds over 905'],
    [{ hardTimeLimitSeconds: 900 }, 'soft 900, hard 900, grace 915, consumer timeout 975', 'raise hardTimeLimitSeconds over 900'],
    [{ consumerTimeoutSeconds: 920 }, 'soft 900, hard 905, grace 920, consumer timeout 920', 'raise consumerTimeoutSeconds over 920'],
    [
      { softTimeLimitSeconds: 1000, hardTimeLimitSeconds: 950 },
      'soft 1000, hard 950, grace 965, consumer timeout 1025',
      'raise hardTimeLimitSeconds over 1000',
    ],
  ])('refuses %j and shows all of them', (limits, got, fix) =>
    expect(problemsOf(large(limits))).toEqual([
      `queues.large.limits: got "${got}" -> must be soft < hard < grace < consumer timeout -> ${fix}`,
    ]),
  );

  test.each<[limits: unknown, line: RegExp]>([
    [{ graceSeconds: 1 }, /^queues\.large\.limits\.graceSeconds: got 1 -> is not a known key/],
    [{ gracePeriodSeconds: '950' }, /^queues\.large\.limits\.gracePeriodSeconds: got "950" -> must be a whole number/],
    [{ hardTimeLimitSeconds: 0 }, /^queues\.large\.limits\.hardTimeLimitSeconds: got 0 -> /],
    [{ softTimeLimitSeconds: 1.5 }, /^queues\.large\.limits\.softTimeLimitSeconds: got 1\.5 -> /],
    [{ consumerTimeoutSeconds: 59 }, /^queues\.large\.limits\.consumerTimeoutSeconds: got 59 -> must be a whole number from 60 /],
    [{ scaleDownStabilizationSeconds: 3601 }, /^queues\.large\.limits\.scaleDownStabilizationSeconds: got 3601 -> .* 0 to 3600 seconds/],
    [[], /^queues\.large\.limits: got \[\] -> must be an object/],
  ])('refuses %j', (limits, line) => expect(problemsOf(large(limits))).toEqual([expect.stringMatching(line)]));

  test('reach the policy, the pod, the autoscaler and the worker', () => {
    const objects = renderTasks({
      queues: {
        large: {
          maxTaskSeconds: 900,
          limits: { gracePeriodSeconds: 1200, consumerTimeoutSeconds: 1500, scaleDownStabilizationSeconds: 300 },
        },
      },
      workers: { general: { queues: ['large'], scale: { min: 1, max: 2 } } },
    });
    const { policies } = JSON.parse(fileOf(objects, 'tasks-broker-config', 'definitions.json'));
    expect(policies[0].definition['consumer-timeout']).toBe(1_500_000);
    expect(find(objects, 'Deployment', 'tasks-worker-general').spec.template.spec.terminationGracePeriodSeconds).toBe(1200);
    const { behavior } = find(objects, 'ScaledObject', 'tasks-worker-general').spec.advanced.horizontalPodAutoscalerConfig;
    expect(behavior.scaleDown.stabilizationWindowSeconds).toBe(300);
    const { queues } = JSON.parse(fileOf(objects, 'tasks-topology', 'topology.json'));
    expect(queues[0].limits).toEqual({ gracePeriodSeconds: 1200, consumerTimeoutSeconds: 1500, scaleDownStabilizationSeconds: 300 });
  });
});
