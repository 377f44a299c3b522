import type { WorkerGroup } from '../../../constructs';
import { find, type Manifest, NAMESPACE, renderTasks } from '../../support/manifests';

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

  test('is not rendered for a group with a fixed number of workers', () => {
    const kinds = renderTasks().map((object) => object.kind);
    expect(kinds).not.toContain('ScaledObject');
    expect(kinds).not.toContain('TriggerAuthentication');
  });
});
