import type { JobScale, TaskClusterProps } from '../../../constructs';
import { environmentOf, find, type Manifest, problemsOf, renderTasks, taskCluster } from '../../support/manifests';

const system = (jobs: JobScale = { max: 5 }, rest: Partial<TaskClusterProps> = {}): Partial<TaskClusterProps> => ({
  queues: { small: { maxTaskSeconds: 30 }, large: { maxTaskSeconds: 86_400 } },
  workers: { long: { queues: ['large'], jobs } },
  ...rest,
});
const scaledJob = (objects: Manifest[]) => find(objects, 'ScaledJob', 'tasks-worker-long');
const specOf = (jobs?: JobScale) => scaledJob(renderTasks(system(jobs))).spec;

describe('WorkerJobs', () => {
  test('starts a Job for each task, which runs one and ends', () => {
    const { jobTargetRef, triggers, maxReplicaCount } = specOf();
    expect(maxReplicaCount).toBe(5);
    expect(jobTargetRef).toMatchObject({ parallelism: 1, completions: 1, backoffLimit: 2, ttlSecondsAfterFinished: 86_400 });
    expect(triggers).toEqual([
      {
        type: 'rabbitmq',
        name: 'queue0',
        metadata: expect.objectContaining({ protocol: 'http', queueName: 'large', mode: 'QueueLength', value: '1' }),
        authenticationRef: { name: 'tasks-worker-long' },
      },
    ]);
    expect(environmentOf(jobTargetRef.template.spec.containers[0])).toMatchObject({
      WARREN_MAX_TASKS: '1',
      WARREN_IDLE_SECONDS: '30',
      WARREN_CONCURRENCY: '1',
      WARREN_QUEUES: 'large',
    });
  });

  test('subtracts running Jobs from the messages, which are counted while they run, and leaves running Jobs alone at a change', () => {
    expect(specOf().scalingStrategy).toEqual({ strategy: 'default', multipleScalersCalculation: 'sum' });
    expect(specOf().rollout).toEqual({ strategy: 'gradual' });
  });

  test('ends a Job only after the hard limit of its task, the start of its pod and the wait for a task', () =>
    expect(specOf().jobTargetRef.activeDeadlineSeconds).toBe(86_405 + 30 + 600));

  test('has the pod of a Deployment, which is not rendered', () => {
    const objects = renderTasks(system());
    const { template } = scaledJob(objects).spec.jobTargetRef;
    const deployed = find(renderTasks({ ...system(), workers: { long: { queues: ['large'] } } }), 'Deployment', 'tasks-worker-long').spec
      .template;
    const { restartPolicy, containers, ...pod } = template.spec;
    expect(restartPolicy).toBe('Never');
    expect({ ...pod, containers: [{ ...containers[0], env: containers[0].env.slice(0, -2) }] }).toEqual(deployed.spec);
    expect(template.metadata.labels).toEqual(deployed.metadata.labels);
    expect(template.metadata.annotations).toEqual({
      ...deployed.metadata.annotations,
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    });
    expect(objects.filter(({ kind }) => kind === 'Deployment')).toEqual([]);
    expect(find(objects, 'ServiceAccount', 'tasks-worker-long')).toBeDefined();
    expect(find(objects, 'TriggerAuthentication', 'tasks-worker-long')).toBeDefined();
  });

  test('takes every option', () =>
    expect(specOf({ max: 3, pollingSeconds: 20, backoffLimit: 0, history: { successful: 1 }, ttlSeconds: 60 })).toMatchObject({
      maxReplicaCount: 3,
      pollingInterval: 20,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 5,
      jobTargetRef: { backoffLimit: 0, ttlSecondsAfterFinished: 60 },
    }));

  test.each([
    [true, { 'autoscaling.keda.sh/paused': 'true' }],
    [false, undefined],
  ])('with pause %s', (pause, annotations) =>
    expect(scaledJob(renderTasks(system({ max: 1, pause }))).metadata.annotations).toEqual(annotations),
  );

  test('is reached by labels and annotations of the whole system, its pods too', () => {
    const objects = renderTasks(system(undefined, { labels: { team: 'search' }, annotations: { runbook: 'here' } }));
    const { metadata, spec } = scaledJob(objects);
    for (const each of [metadata, spec.jobTargetRef.template.metadata]) {
      expect(each.labels).toMatchObject({ team: 'search', 'app.kubernetes.io/component': 'worker' });
      expect(each.annotations).toMatchObject({ runbook: 'here' });
    }
  });

  test('is a field of the task system, and lets KEDA reach the broker', () => {
    const cluster = taskCluster(system());
    expect(Object.keys(cluster.jobs)).toEqual(['long']);
    expect(Object.keys(cluster.workers)).toEqual([]);
    const { ingress } = find(renderTasks(system()), 'NetworkPolicy', 'tasks-broker').spec;
    expect(JSON.stringify(ingress)).toContain('keda-operator');
  });

  test.each<[jobs: unknown, line: RegExp]>([
    [{}, /^workers\.long\.jobs\.max: got nothing -> must be a whole number/],
    [{ max: 0 }, /^workers\.long\.jobs\.max: got 0 -> /],
    [{ max: 1, min: 1 }, /^workers\.long\.jobs\.min: got 1 -> is not a known key/],
    [{ max: 1, history: { succesful: 1 } }, /^workers\.long\.jobs\.history\.succesful: got 1 -> .* -> did you mean "successful"\?$/],
    [{ max: 1, pause: 'scaleIn' }, /^workers\.long\.jobs\.pause: got "scaleIn" -> /],
  ])('refuses %j', (jobs, line) =>
    expect(problemsOf({ ...system(), workers: { long: { queues: ['large'], jobs } } })).toEqual([expect.stringMatching(line)]),
  );

  test('refuses several tasks at once', () =>
    expect(problemsOf({ ...system(), workers: { long: { queues: ['large'], jobs: { max: 1 }, concurrency: 2 } } })).toEqual([
      'workers.long.concurrency: got 2 -> must be 1 with jobs: each Job runs one task -> remove it',
    ]));
});
