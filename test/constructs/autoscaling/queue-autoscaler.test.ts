import { runInNewContext } from 'node:vm';
import { CpuAutoscaler, type ExtraTrigger, type Pause, QueueAutoscaler, type Scale, type WorkerGroup } from '../../../constructs';
import { fileOf, find, type Manifest, NAMESPACE, problemsIn, renderTasks, taskCluster } from '../../support/manifests';

const render = (group: Partial<WorkerGroup> = {}): Manifest[] =>
  renderTasks({ workers: { general: { queues: ['small'], concurrency: 4, scale: { min: 1, max: 9 }, ...group } } });
const specOf = (group?: Partial<WorkerGroup>) => find(render(group), 'ScaledObject', 'tasks-worker-general').spec;

describe('QueueAutoscaler', () => {
  test('scales the Deployment of its group within the given range', () =>
    expect(specOf()).toMatchObject({ scaleTargetRef: { name: 'tasks-worker-general' }, minReplicaCount: 1, maxReplicaCount: 9 }));

  test('counts running tasks, too: over HTTP, in the right virtual host, one worker per concurrency', () =>
    expect(specOf().triggers).toEqual([
      {
        type: 'rabbitmq',
        name: 'queue0',
        metricType: 'AverageValue',
        metadata: {
          protocol: 'http',
          host: `http://tasks-broker.${NAMESPACE}.svc:15672/`,
          vhostName: 'tasks',
          queueName: 'small',
          mode: 'QueueLength',
          value: '4',
        },
        authenticationRef: { name: 'tasks-worker-general' },
      },
    ]));

  test('scales on the sum of several queues, not on the longest', () => {
    const { advanced, triggers } = specOf({ queues: ['small', 'large'] });
    expect(triggers.map((trigger: any) => [trigger.name, trigger.metadata.queueName])).toEqual([
      ['queue0', 'small'],
      ['queue1', 'large'],
    ]);
    expect(advanced.scalingModifiers).toEqual({ formula: 'queue0 + queue1', target: '4', metricType: 'AverageValue' });
  });

  test('needs no formula for one queue', () => expect(specOf().advanced).not.toHaveProperty('scalingModifiers'));

  test('polls fast and cools down only where it may sleep', () => {
    const asleep = specOf({ scale: { min: 0, max: 9 } });
    expect([asleep.pollingInterval, asleep.cooldownPeriod]).toEqual([5, 60]);
    expect(specOf()).not.toHaveProperty('pollingInterval');
    expect(specOf()).not.toHaveProperty('cooldownPeriod');
  });

  test('does not put the last worker to sleep before its longest task is over', () =>
    expect(specOf({ queues: ['large'], scale: { min: 0, max: 1 } }).cooldownPeriod).toBeGreaterThanOrEqual(900));

  test('removes no worker before the longest task of its queues is over', () => {
    const windowOf = (queues: string[]) =>
      specOf({ queues }).advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds;
    expect(windowOf(['small'])).toBe(30);
    expect(windowOf(['small', 'large'])).toBe(900);
  });

  test('adds workers at once', () => {
    const { scaleUp } = specOf().advanced.horizontalPodAutoscalerConfig.behavior;
    expect(scaleUp).toMatchObject({ stabilizationWindowSeconds: 0, selectPolicy: 'Max' });
    expect(scaleUp.policies.map((policy: { type: string }) => policy.type)).toEqual(['Percent', 'Pods']);
  });

  test.each([
    [{ min: 0, max: 3 }, 1],
    [{ min: 2, max: 3 }, 2],
  ])('with %j keeps %d workers while the broker cannot be asked', (scale, replicas) =>
    expect(specOf({ scale }).fallback).toEqual({ failureThreshold: 3, replicas, behavior: 'currentReplicasIfHigher' }),
  );

  test('logs in with user and password as two parameters, so that any character may be in a password', () =>
    expect(find(render(), 'TriggerAuthentication', 'tasks-worker-general').spec).toEqual({
      secretTargetRef: [
        { parameter: 'username', name: 'tasks-broker-keda', key: 'username' },
        { parameter: 'password', name: 'tasks-broker-keda', key: 'password' },
      ],
    }));

  test('gives a worker what it clears in time', () => {
    const scale = { min: 1, max: 9, latencyTargetSeconds: 60, meanTaskSeconds: 2 };
    expect(specOf({ scale }).triggers[0].metadata.value).toBe('120');
    expect(specOf({ scale, queues: ['small', 'large'] }).advanced.scalingModifiers.target).toBe('120');
  });

  test('scales on the rate of messages', () => {
    const scale: Scale = { min: 1, max: 9, mode: 'MessageRate', meanTaskSeconds: 2 };
    expect(specOf({ scale }).triggers[0].metadata).toMatchObject({ mode: 'MessageRate', value: '2' });
    expect(specOf({ scale, queues: ['small', 'large'] }).advanced.scalingModifiers).toMatchObject({
      formula: '(queue0 + queue1) * 2',
      target: '4',
    });
  });

  test('asks over AMQP, with a right on just those queues and a way through the network', () => {
    const objects = render({ queues: ['small', 'large'], scale: { min: 0, max: 9, protocol: 'amqp' } });
    const { triggers } = find(objects, 'ScaledObject', 'tasks-worker-general').spec;
    expect(triggers[0].metadata).toMatchObject({ protocol: 'amqp', host: `amqp://tasks-broker.${NAMESPACE}.svc:5672`, vhostName: 'tasks' });
    expect(kedaUser(objects)).toMatchObject({ configure: '^$', write: '^(small|large)$', read: '^$' });
    const { ingress } = find(objects, 'NetworkPolicy', 'tasks-broker').spec;
    const fromKeda = ingress.filter((rule: any) => rule.from[0].podSelector?.matchLabels?.app === 'keda-operator');
    expect(fromKeda.flatMap((rule: any) => rule.ports.map((each: any) => each.port))).toEqual([15672, 5672]);
  });

  test('gives KEDA no right on a queue that it looks at over HTTP', () =>
    expect(kedaUser(render())).toMatchObject({ configure: '^$', write: '^$', read: '^$' }));

  test.each([
    [['small'], (spec: any) => spec.triggers[0].metadata.activationValue],
    [['small', 'large'], (spec: any) => spec.advanced.scalingModifiers.activationTarget],
  ])('wakes %j when more tasks wait than it may leave', (queues, read) => {
    expect(read(specOf({ queues, scale: { min: 0, max: 9, activationMessages: 5 } }))).toBe('5');
    expect(read(specOf({ queues, scale: { min: 0, max: 9 } }))).toBeUndefined();
  });

  test('looks and cools down as it is told', () =>
    expect(specOf({ scale: { min: 0, max: 9, pollingSeconds: 15, cooldownSeconds: 20 } })).toMatchObject({
      pollingInterval: 15,
      cooldownPeriod: 20,
    }));

  test('has the fallback it is told, or none', () => {
    expect(specOf({ scale: { min: 1, max: 9, fallback: { failureThreshold: 5, replicas: 4 } } }).fallback).toMatchObject({
      failureThreshold: 5,
      replicas: 4,
    });
    expect(specOf({ scale: { min: 1, max: 9, fallback: { replicas: 4 } } }).fallback).toMatchObject({ failureThreshold: 3, replicas: 4 });
    expect(specOf({ scale: { min: 1, max: 9, fallback: false } })).not.toHaveProperty('fallback');
  });

  test.each<[pause: Pause, annotations: Record<string, string>]>([
    [true, { 'autoscaling.keda.sh/paused': 'true' }],
    [{ replicas: 0 }, { 'autoscaling.keda.sh/paused-replicas': '0' }],
    ['scaleIn', { 'autoscaling.keda.sh/paused-scale-in': 'true' }],
    ['scaleOut', { 'autoscaling.keda.sh/paused-scale-out': 'true' }],
  ])('pauses with %j', (pause, annotations) =>
    expect(find(render({ scale: { min: 1, max: 9, pause } }), 'ScaledObject', 'tasks-worker-general').metadata.annotations).toEqual(
      annotations,
    ),
  );

  test('is not rendered for a group with a fixed number of workers', () => {
    const kinds = renderTasks().map((object) => object.kind);
    expect(kinds).not.toContain('ScaledObject');
    expect(kinds).not.toContain('TriggerAuthentication');
  });

  test('refuses a target that something else scales', () => {
    const cluster = taskCluster({ workers: { general: { queues: ['small'], scale: { min: 1, max: 9 } } } });
    const { topology, broker } = cluster;
    const props = { name: 'second', partOf: 'tasks', target: 'tasks-worker-general', topology, queues: ['small'], min: 1, max: 2 };
    const line = 'target: got "tasks-worker-general" -> is scaled already, by ScaledObject tasks-worker-general -> remove one of the two';
    expect(problemsIn(() => new QueueAutoscaler(cluster, 'Second', { ...props, concurrency: 1, broker }))).toEqual([line]);
    expect(problemsIn(() => new CpuAutoscaler(cluster, 'Third', props))).toEqual([line]);
  });
});

describe('extra triggers', () => {
  const hours: ExtraTrigger = { type: 'cron', timezone: 'Europe/Berlin', start: '0 8 * * 1-5', end: '0 18 * * 1-5', replicas: 3 };
  const cpu: ExtraTrigger = { type: 'cpu', percent: 80 };
  const age: ExtraTrigger = {
    type: 'prometheus',
    serverAddress: 'http://prometheus.monitoring.svc:9090',
    query: 'oldest_task',
    threshold: 0.5,
  };
  const scale: Scale = { min: 0, max: 9, triggers: [hours, cpu, age] };

  test('stand beside the trigger of one queue, where the largest wins', () => {
    const spec = specOf({ scale });
    expect(spec.advanced).not.toHaveProperty('scalingModifiers');
    expect(spec.triggers.slice(1)).toEqual([
      {
        type: 'cron',
        name: 'hours0',
        metricType: 'AverageValue',
        metadata: { timezone: 'Europe/Berlin', start: '0 8 * * 1-5', end: '0 18 * * 1-5', desiredReplicas: '3' },
      },
      { type: 'cpu', name: 'cpu1', metricType: 'Utilization', metadata: { value: '80' } },
      {
        type: 'prometheus',
        name: 'metric2',
        metricType: 'AverageValue',
        metadata: { serverAddress: 'http://prometheus.monitoring.svc:9090', query: 'oldest_task', threshold: '0.5' },
      },
    ]);
  });

  test('stand in the formula of several queues, in tasks, but for the CPU: KEDA looks at nothing outside it', () =>
    expect(specOf({ scale, queues: ['small', 'large'] }).advanced.scalingModifiers).toEqual({
      formula: 'max(queue0 + queue1, hours0 * 4, metric2 / 0.5 * 4)',
      target: '4',
      metricType: 'AverageValue',
    }));

  // KEDA 2.20.2's own admission functions (ValidateAndCompileScalingModifiers, CheckFallbackValid, ValidateTriggers) took each of these
  // formulas; they refuse a name that no trigger has, a trigger of the CPU in it, and two triggers of one name.
  test.each<[what: string, options: Partial<Scale>, values: Record<string, number>, workers: number]>([
    ['the queues ask for most', {}, { queue0: 30, queue1: 15, hours0: 3, metric2: 1 }, 12],
    ['it is office time', {}, { queue0: 1, queue1: 0, hours0: 3, metric2: 0 }, 3],
    ['Prometheus asks for most', {}, { queue0: 1, queue1: 0, hours0: 0, metric2: 2.2 }, 5],
    ['nothing asks', {}, { queue0: 0, queue1: 0, hours0: 0, metric2: 0 }, 0],
    // 6 tasks a second that take 2 s are 12 at once: three workers of 4.
    ['messages come fast', { min: 1, mode: 'MessageRate', meanTaskSeconds: 2 }, { queue0: 4, queue1: 2, hours0: 0, metric2: 0 }, 3],
  ])('come to the right number of workers when %s', (_, options, values, workers) => {
    const { formula, target } = specOf({ scale: { ...scale, ...options }, queues: ['small', 'large'] }).advanced.scalingModifiers;
    const figure: number = runInNewContext(formula, { max: Math.max, ...values });
    expect(Math.ceil(figure / Number(target))).toBe(workers);
  });

  test('need no formula of their own beside the CPU', () =>
    expect(specOf({ scale: { min: 1, max: 9, triggers: [cpu] }, queues: ['small', 'large'] }).advanced.scalingModifiers.formula).toBe(
      'queue0 + queue1',
    ));
});

function kedaUser(objects: Manifest[]) {
  const { permissions } = JSON.parse(fileOf(objects, 'tasks-broker-config', 'definitions.json'));
  return permissions.find((each: { user: string }) => each.user === 'keda');
}
