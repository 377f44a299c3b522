import { readGroup } from '../../../tools/simulate/manifest';
import { find, loadEnvironment, type Manifest, problemsIn, renderTasks } from '../../support/manifests';

/** The group of a ScaledObject like this one, and a Deployment that says nothing. */
const group = (spec: object, name?: string) => readGroup(objects(spec), 'a.yaml', name);
const objects = (spec: object) => [
  {
    kind: 'ScaledObject',
    metadata: { name: 'mail' },
    spec: {
      scaleTargetRef: { name: 'mail-worker' },
      triggers: [{ type: 'rabbitmq', metadata: { queueName: 'a', host: 'http://b/' } }],
      ...spec,
    },
  },
  { kind: 'Deployment', metadata: { name: 'mail-worker' }, spec: { template: { spec: { containers: [{}] } } } },
];
const trigger = (metadata: object, more: object = {}) => ({
  triggers: [{ type: 'rabbitmq', metadata: { queueName: 'a', ...metadata }, ...more }],
});
const triggerOf = (metadata: object, more: object = {}) => group(trigger(metadata, more)).scaling.triggers[0];

describe('readGroup', () => {
  test.each([
    ['general', 'tasks-worker-general'],
    ['tasks-worker-heavy', 'tasks-worker-heavy'],
    [undefined, 'tasks-worker-general'],
  ])('finds group %s of a rendered environment', (name, deployment) =>
    expect(readGroup(loadEnvironment('production'), 'a.yaml', name).name).toBe(deployment),
  );

  test('reads what Warren renders', () => {
    const rendered: Manifest[] = renderTasks({
      workers: { general: { queues: ['small', 'large'], concurrency: 4, scale: { min: 0, max: 9 } } },
    });
    const { spec } = find(rendered, 'ScaledObject', 'tasks-worker-general');
    const { scaling, concurrency, drainSeconds, leftOut } = readGroup(rendered, 'a.yaml', 'general');
    expect(scaling).toMatchObject({
      min: 1,
      max: 9,
      sleeps: true,
      pollingSeconds: spec.pollingInterval,
      cooldownSeconds: spec.cooldownPeriod,
    });
    expect(scaling.behavior).toMatchObject(spec.advanced.horizontalPodAutoscalerConfig.behavior);
    expect(scaling.triggers.map(({ overHttp, measures }) => [overHttp, measures])).toEqual([
      [true, 'all'],
      [true, 'all'],
    ]);
    expect(scaling.metrics).toHaveLength(1);
    expect(scaling.metrics[0]?.target).toBe(Number(spec.advanced.scalingModifiers.target));
    expect(scaling.metrics[0]?.valueOf({ queue0: 3, queue1: 4 })).toBe(7);
    expect(concurrency).toBe(4);
    expect(drainSeconds).toBeGreaterThanOrEqual(900);
    expect(leftOut).toEqual([]);
  });

  test("has KEDA's and Kubernetes' defaults for what is absent", () => {
    const { scaling, concurrency, drainSeconds } = group({});
    expect(scaling).toMatchObject({ min: 1, max: 100, sleeps: true, pollingSeconds: 30, cooldownSeconds: 300, behavior: undefined });
    expect(scaling.metrics).toMatchObject([{ target: 20, activation: 0 }]);
    expect([concurrency, drainSeconds]).toEqual([undefined, 30]);
  });

  test('fills in a behavior that is given in part', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 45 } };
    expect(group({ advanced: { horizontalPodAutoscalerConfig: { behavior } } }).scaling.behavior).toMatchObject({
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max' },
      scaleDown: { stabilizationWindowSeconds: 45, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  test('sleeps with idle workers, too, and wakes up to the fewest', () =>
    expect(group({ minReplicaCount: 3, idleReplicaCount: 0 }).scaling).toMatchObject({ min: 3, sleeps: true }));

  test('never sleeps with one worker or more', () =>
    expect(group({ minReplicaCount: 1 }).scaling).toMatchObject({ min: 1, sleeps: false }));

  test('knows who counts running tasks', () => {
    expect(triggerOf({ host: 'http://b/' })).toMatchObject({ overHttp: true, measures: 'all' });
    expect(triggerOf({ host: 'http://b/', excludeUnacknowledged: 'true' })).toMatchObject({ overHttp: true, measures: 'waiting' });
    expect(triggerOf({ host: 'amqp://b/' })).toMatchObject({ overHttp: false, measures: 'waiting' });
    expect(triggerOf({ host: 'amqp://b/', protocol: 'http' }, { useCachedMetrics: true })).toMatchObject({ overHttp: true, cached: true });
  });

  test('reads the rate of messages', () =>
    expect(triggerOf({ mode: 'MessageRate', value: '8', host: 'http://b/' })).toMatchObject({ overHttp: true, measures: 'rate' }));

  test('counts triggers it does not simulate as 0 in a formula', () => {
    const triggers = [...trigger({}, { name: 'queue0' }).triggers, { type: 'cron', name: 'hours0', metadata: {} }];
    const advanced = { scalingModifiers: { formula: 'max(queue0 * 2.5, hours0 * 16)', target: '16' } };
    const { scaling, leftOut } = group({ triggers, advanced });
    expect(scaling.metrics[0]?.valueOf({ queue0: 4 })).toBe(10);
    expect(leftOut).toEqual(['trigger hours0 (cron)']);
  });

  test('says that a pause is not simulated', () => {
    const [scaledObject, deployment] = objects({});
    const metadata = { name: 'mail', annotations: { 'autoscaling.keda.sh/paused-replicas': '2' } };
    expect(readGroup([{ ...scaledObject, kind: 'ScaledObject', metadata }, deployment as Manifest], 'a.yaml', undefined).leftOut).toEqual([
      'autoscaling.keda.sh/paused-replicas',
    ]);
  });

  test('says what it leaves out', () => {
    const triggers = [
      ...trigger({}).triggers,
      { type: 'cron', metadata: {} },
      { type: 'rabbitmq', name: 'rate', metadata: { mode: 'DeliverGetRate' } },
    ];
    expect(group({ triggers }).leftOut).toEqual(['trigger cron (cron)', 'trigger rate (rabbitmq)']);
  });

  test.each<[string, () => unknown, string]>([
    [
      'an unknown group',
      () => group({}, 'wroker'),
      'a.yaml --group: got "wroker" -> must be a group of workers that a ScaledObject scales -> did you mean "worker"?',
    ],
    [
      'a manifest that scales nothing',
      () => readGroup([], 'a.yaml', undefined),
      'a.yaml --group: got nothing -> must be a group of workers that a ScaledObject scales -> name a manifest with a ScaledObject',
    ],
    [
      'other triggers alone',
      () => group({ triggers: [{ type: 'cpu', metadata: {} }] }),
      'a.yaml ScaledObject/mail triggers: got ["cpu"] -> must have one of type rabbitmq',
    ],
    [
      'another type of metric',
      () => group(trigger({}, { metricType: 'Value' })),
      'triggers[0].metricType: got "Value" -> must be AverageValue',
    ],
    [
      'a formula it cannot read',
      () => group({ advanced: { scalingModifiers: { formula: 'cpu + 1', target: '1' } } }),
      'scalingModifiers.formula: got "cpu + 1" -> has cpu, which is no trigger; here it may use',
    ],
  ])('refuses %s', (_, read, message) => expect(problemsIn(read).join('\n')).toContain(message));
});
