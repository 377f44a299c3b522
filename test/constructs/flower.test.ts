import type { FlowerOptions, TaskClusterProps } from '../../constructs';
import { fileOf, find, type Manifest, NAMESPACE, problemsOf, renderTasks, taskCluster } from '../support/manifests';

const render = (flower: FlowerOptions = {}, props: Partial<TaskClusterProps> = {}): Manifest[] => renderTasks({ ...props, flower });
const deployment = (objects: Manifest[]) => find(objects, 'Deployment', 'tasks-flower').spec;
const containerOf = (objects: Manifest[]) => deployment(objects).template.spec.containers[0];
const celery = (objects: Manifest[]) => fileOf(objects, 'tasks-flower-config', 'celeryconfig.py');
const settings = (objects: Manifest[]) => fileOf(objects, 'tasks-flower-config', 'flowerconfig.py');

describe('Flower', () => {
  test('is one pod, because each of two would answer with half of what it has seen', () =>
    expect(deployment(render())).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } }));

  test('asks for a login from a Secret', () => {
    expect(settings(render())).toContain(
      'basic_auth = [read("/etc/warren/login", "username") + ":" + read("/etc/warren/login", "password")]\n',
    );
    expect(settings(render())).toContain('cookie_secret = read("/etc/warren/login", "cookie-secret")\n');
    expect(taskCluster({ flower: {} }).secrets).toContainEqual({
      name: 'tasks-flower-login',
      keys: { username: { value: 'admin' }, password: 'random', 'cookie-secret': 'random' },
    });
  });

  test.each([
    [undefined, 'True'],
    [true, 'True'],
    [false, 'False'],
  ])('with readOnly %p has read_only = %s', (readOnly, python) =>
    expect(settings(render(readOnly === undefined ? {} : { readOnly }))).toContain(`read_only = ${python}\n`),
  );

  test('uses control and event queues that every RabbitMQ 4 permits', () => {
    expect(celery(render())).toContain('control_queue_exclusive = True\n');
    expect(celery(render())).toContain('event_queue_exclusive = True\n');
  });

  test('connects to the broker as a user of its own, in the right virtual host', () => {
    const objects = render({}, { virtualHost: 'team/jobs' });
    expect(celery(objects)).toContain(`broker_url = f"amqp://{user}:{password}@tasks-broker.${NAMESPACE}.svc:5672/team%2Fjobs"\n`);
    expect(settings(objects)).toContain(`broker_api = f"http://{user}:{password}@tasks-broker.${NAMESPACE}.svc:15672/api/"\n`);
    expect(deployment(objects).template.spec.volumes).toContainEqual({
      name: 'broker-user',
      secret: { secretName: 'tasks-broker-flower' },
    });
  });

  test('bounds what it remembers', () => {
    expect(settings(render())).toMatch(/^max_tasks = \d+$/m);
    expect(settings(render())).toMatch(/^purge_offline_workers = \d+$/m);
  });

  test('is not confused by the FLOWER_PORT that Kubernetes would set for its Service', () =>
    expect(deployment(render()).template.spec.enableServiceLinks).toBe(false));

  test('is probed at the one address that needs no login', () => {
    const { livenessProbe, readinessProbe } = containerOf(render());
    expect([livenessProbe.httpGet, readinessProbe.httpGet]).toEqual([
      { path: '/healthcheck', port: 'http' },
      { path: '/healthcheck', port: 'http' },
    ]);
  });

  test('restarts when its configuration changes', () => {
    const checksum = (flower: FlowerOptions) => deployment(render(flower)).template.metadata.annotations['warren/checksum'];
    expect(checksum({ readOnly: false })).not.toBe(checksum({}));
    expect(checksum({ image: 'flower:9' })).toBe(checksum({}));
  });

  test('runs another image and size where asked', () => {
    const container = containerOf(render({ image: 'flower:9', resources: { cpu: '1', memory: '1Gi' } }));
    expect(container.image).toBe('flower:9');
    expect(container.resources).toMatchObject({ requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } });
  });

  test('runs where it is told to, and holds no machine for its empty volume', () => {
    const options = {
      nodeSelector: { pool: 'pages' },
      tolerations: [{ key: 'pages', operator: 'Exists' }],
      priorityClassName: 'low',
      runtimeClassName: 'gvisor',
      affinity: { nodeAffinity: {} },
    } as const;
    const { affinity: _, ...rendered } = options;
    expect(deployment(render(options)).template.spec).toMatchObject(rendered);
    expect(deployment(render()).template.metadata.annotations['cluster-autoscaler.kubernetes.io/safe-to-evict']).toBe('true');
  });

  test('forgets everything at a restart unless it has a volume', () => {
    expect(settings(render())).not.toContain('persistent');
    expect(render().filter(({ kind }) => kind === 'PersistentVolumeClaim')).toEqual([]);
  });

  test('keeps what it has seen in a volume claim, saved once a minute', () => {
    const objects = render({ storage: '1Gi', storageClass: 'fast' });
    expect(find(objects, 'PersistentVolumeClaim', 'tasks-flower-state').spec).toEqual({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '1Gi' } },
    });
    expect(settings(objects)).toContain('persistent = True\ndb = "/var/lib/flower/state"\nstate_save_interval = 60000\n');
    expect(deployment(objects).template.spec.volumes).toContainEqual({
      name: 'state',
      persistentVolumeClaim: { claimName: 'tasks-flower-state' },
    });
    expect(containerOf(objects).volumeMounts).toContainEqual({ name: 'state', mountPath: '/var/lib/flower' });
  });

  test.each<[problem: string, flower: Record<string, unknown>, line: RegExp]>([
    ['more than one', { replicas: 2 }, /^flower\.replicas: got 2 -> is not a known key/],
    ['a class of no claim', { storageClass: 'fast' }, /^flower\.storageClass: got "fast" -> has no meaning without storage/],
    ['a size without a unit', { storage: '1' }, /^flower\.storage: got "1" -> must be a size/],
    ['a misspelt affinity', { affinity: { node: {} } }, /^flower\.affinity\.node: got \{\} -> is not a known key/],
  ])('refuses %s', (_, flower, line) => expect(problemsOf({ flower })).toEqual([expect.stringMatching(line)]));

  test('is not rendered unless asked for', () => {
    expect(renderTasks().filter((object) => object.metadata.name.includes('flower'))).toEqual([]);
    expect(taskCluster().flower).toBeUndefined();
  });
});
