import { testFixtures } from './parts';

describe('autoscalingProblems', () => {
  testFixtures([
    [
      'a target that is not there',
      (p) => (p.scaled().scaleTargetRef.name = 'workers'),
      'ScaledObject/tasks-worker-general: no Deployment/workers',
    ],
    [
      'a target that sets its replicas',
      (p) => (p.of('Deployment', 'tasks-worker-general').spec.replicas = 2),
      'Deployment/tasks-worker-general: sets replicas, which ScaledObject/tasks-worker-general sets, too',
    ],
    [
      'two ScaledObjects for one target',
      (p) => (p.scaled().scaleTargetRef.name = 'tasks-worker-heavy'),
      'Deployment/tasks-worker-heavy: is the target of two ScaledObjects',
    ],
    [
      'a trigger on the queue of another',
      (p) => (p.scaled().triggers[0].metadata.queueName = 'large'),
      'ScaledObject/tasks-worker-general: watches large, but its workers serve small',
    ],
    [
      'a trigger on an unknown queue',
      (p) => (p.scaled().triggers[0].metadata.queueName = 'tiny'),
      'ScaledObject/tasks-worker-general: queue tiny is not in definitions.json',
    ],
    [
      'a trigger on an unknown virtual host',
      (p) => (p.scaled().triggers[0].metadata.vhostName = '/'),
      'ScaledObject/tasks-worker-general: virtual host / is not in definitions.json',
    ],
    [
      'a trigger with another concurrency',
      (p) => (p.scaled().triggers[0].metadata.value = '3'),
      'ScaledObject/tasks-worker-general: one worker per 3 messages, but a worker takes 16',
    ],
    [
      'a trigger without its authentication',
      (p) => p.remove('TriggerAuthentication', 'tasks-worker-general'),
      'ScaledObject/tasks-worker-general: no TriggerAuthentication/tasks-worker-general',
    ],
    [
      'an authentication with an unknown Secret',
      (p) => (p.of('TriggerAuthentication', 'tasks-worker-general').spec.secretTargetRef[0].name = 'keda'),
      'TriggerAuthentication/tasks-worker-general: Secret/keda with key username is not listed',
    ],
    [
      'an authentication with an unknown key',
      (p) => (p.of('TriggerAuthentication', 'tasks-worker-general').spec.secretTargetRef[1].key = 'pass'),
      'TriggerAuthentication/tasks-worker-general: Secret/tasks-broker-keda with key pass is not listed',
    ],
    [
      'a formula with an unknown trigger',
      (p) => (p.scaled().advanced.scalingModifiers = { formula: 'queue0 + queue1' }),
      'ScaledObject/tasks-worker-general: formula uses queue1, which is no trigger',
    ],
    [
      'several triggers without a formula',
      (p) => p.scaled().triggers.push({ ...p.scaled().triggers[0], name: 'queue1' }),
      'ScaledObject/tasks-worker-general: has 2 triggers but no formula',
    ],
  ]);
});
