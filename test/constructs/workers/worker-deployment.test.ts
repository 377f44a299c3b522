import type { TaskClusterProps } from '../../../constructs';
import { ENVIRONMENT } from '../../../workers/environment';
import { limitsOf } from '../../../workers/topology';
import { environmentOf, fileOf, find, type Manifest, NAMESPACE, renderTasks } from '../../support/manifests';

const deployment = (objects: Manifest[], group = 'general') => find(objects, 'Deployment', `tasks-worker-${group}`).spec;
const podOf = (objects: Manifest[], group?: string) => deployment(objects, group).template.spec;
const env = (objects: Manifest[], group?: string) => environmentOf(podOf(objects, group).containers[0]);

describe('WorkerDeployment', () => {
  test('sets exactly the variables that the worker reads', () => {
    const names = Object.keys(env(renderTasks())).filter((name) => name.startsWith('WARREN_'));
    expect(new Set(names)).toEqual(new Set(Object.values(ENVIRONMENT)));
  });

  test('tells the worker its queues, its concurrency, its broker and where its files are', () => {
    const objects = renderTasks({ workers: { general: { queues: ['small', 'large'], concurrency: 4 } } });
    expect(env(objects)).toMatchObject({
      WARREN_QUEUES: 'small,large',
      WARREN_CONCURRENCY: '4',
      WARREN_BROKER_HOSTS: [0, 1, 2].map((node) => `tasks-broker-${node}.tasks-broker-nodes.${NAMESPACE}.svc:5672`).join(','),
      WARREN_TOPOLOGY: '/etc/warren/topology/topology.json',
      WARREN_BROKER_CREDENTIALS: '/etc/warren/broker-user',
    });
  });

  test('names the Celery node after the group and the pod', () => {
    const { env: variables } = podOf(renderTasks()).containers[0];
    expect(variables[0]).toEqual({ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } });
    expect(env(renderTasks())['WARREN_NODE_NAME']).toBe('general@$(POD_NAME)');
  });

  test('gives a group the password of its own user only', () => {
    const objects = renderTasks({ workers: { general: { queues: ['small'] }, heavy: { queues: ['large'] } } });
    const secrets = (group: string) =>
      podOf(objects, group).volumes.flatMap((volume: any) => (volume.secret ? [volume.secret.secretName] : []));
    expect(secrets('general')).toEqual(['tasks-broker-worker-general']);
    expect(secrets('heavy')).toEqual(['tasks-broker-worker-heavy']);
  });

  test('leaves replicas to the autoscaler of a scaled group', () =>
    expect(deployment(renderTasks({ workers: { general: { queues: ['small'], scale: { min: 1, max: 2 } } } }))).not.toHaveProperty(
      'replicas',
    ));

  test.each([
    [undefined, 1],
    [0, 0],
    [5, 5],
  ])('runs replicas: %p as %d pods', (replicas, pods) =>
    expect(
      deployment(renderTasks({ workers: { general: { queues: ['small'], ...(replicas !== undefined && { replicas }) } } })).replicas,
    ).toBe(pods),
  );

  test.each([1, 30, 60, 900, 3600, 86_400, 604_800])('keeps the limits of a %d s task in order', (maxTaskSeconds) => {
    const queues: TaskClusterProps['queues'] = { small: { maxTaskSeconds } };
    const objects = renderTasks({ queues, workers: { general: { queues: ['small'], scale: { min: 0, max: 1 } } } });
    const { hardTimeLimitSeconds } = limitsOf({ maxTaskSeconds });
    const { policies } = JSON.parse(fileOf(objects, 'tasks-broker-config', 'definitions.json'));
    const { behavior } = find(objects, 'ScaledObject', 'tasks-worker-general').spec.advanced.horizontalPodAutoscalerConfig;
    const descending = [
      policies[0].definition['consumer-timeout'] / 1000,
      podOf(objects).terminationGracePeriodSeconds,
      Number(env(objects)['WARREN_DRAIN_SECONDS']),
      hardTimeLimitSeconds,
      behavior.scaleDown.stabilizationWindowSeconds,
    ];
    for (const [index, limit] of descending.slice(1).entries()) expect(descending[index]).toBeGreaterThan(limit);
    expect(hardTimeLimitSeconds).toBeGreaterThan(maxTaskSeconds);
  });

  test('takes the longest grace period of its queues', () =>
    expect(podOf(renderTasks({ workers: { general: { queues: ['small', 'large'] } } })).terminationGracePeriodSeconds).toBe(
      limitsOf({ maxTaskSeconds: 900 }).gracePeriodSeconds,
    ));

  test('restarts its pods when the topology changes, and only then', () => {
    const checksum = (props: Partial<TaskClusterProps>) => deployment(renderTasks(props)).template.metadata.annotations['warren/checksum'];
    const before = checksum({});
    expect(checksum({ flower: {} })).toBe(before);
    expect(checksum({ queues: { small: { maxTaskSeconds: 31 } } })).not.toBe(before);
    expect(checksum({ routes: { 'tasks.add': 'large' } })).not.toBe(before);
  });

  test('runs the worker as PID 1, so that it gets the signals', () => {
    const [container] = podOf(renderTasks()).containers;
    expect(container).not.toHaveProperty('command');
    expect(container.args).toEqual(['worker']);
  });

  test('asks the worker whether it is alive and whether it is ready, at different addresses', () => {
    const [{ livenessProbe, readinessProbe, ports }] = podOf(renderTasks()).containers;
    expect(livenessProbe.httpGet).toEqual({ path: '/livez', port: 'health' });
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'health' });
    expect(ports).toEqual([{ name: 'health', containerPort: Number(env(renderTasks())['WARREN_HEALTH_PORT']) }]);
  });

  test('moves off a lost node after 30 s and spreads over nodes', () => {
    const pod = podOf(renderTasks());
    expect(pod.tolerations.map((each: any) => [each.key, each.effect, each.tolerationSeconds])).toEqual([
      ['node.kubernetes.io/not-ready', 'NoExecute', 30],
      ['node.kubernetes.io/unreachable', 'NoExecute', 30],
    ]);
    expect(pod.topologySpreadConstraints[0].labelSelector).toEqual(deployment(renderTasks()).selector);
  });

  test('requests memory as its limit and never limits CPU', () => {
    const resources = { cpu: '500m', memory: '512Mi' };
    const [container] = podOf(renderTasks({ workers: { general: { queues: ['small'], resources } } })).containers;
    expect(container.resources).toMatchObject({ requests: resources, limits: { memory: '512Mi' } });
    expect(container.resources.limits).not.toHaveProperty('cpu');
  });

  test('runs the image of its group before the image of all', () => {
    const workers = { general: { queues: ['small'] }, heavy: { queues: ['large'], image: 'other:2.0' } };
    const objects = renderTasks({ workers });
    expect(podOf(objects, 'general').containers[0].image).toBe('registry.example.com/worker:1.0.0');
    expect(podOf(objects, 'heavy').containers[0].image).toBe('other:2.0');
  });
});
