import { App, Chart } from 'cdk8s';
import { Deployment, ImagePullPolicy, k8s } from 'cdk8s-plus-27';
import { TaskCluster, type WorkerGroup } from '../../../constructs';
import { environmentOf, find, type Manifest, NAMESPACE, problemsIn } from '../../support/manifests';

function tasks(options: Partial<WorkerGroup> = {}) {
  const chart = new Chart(new App(), 'test', { namespace: NAMESPACE });
  const cluster = new TaskCluster<string>(chart, 'Tasks', {
    image: 'worker:1',
    queues: { small: { maxTaskSeconds: 30 }, large: { maxTaskSeconds: 900 } },
    workers: { inline: { queues: ['small'], replicas: 0, secretFiles: ['shop'], ...options }, heavy: { queues: ['large'] } },
  });
  return {
    chart,
    cluster,
    sidecar: (healthPort?: number) => cluster.workers['inline']!.sidecar(healthPort === undefined ? {} : { healthPort }),
  };
}

function web(chart: Chart): Deployment {
  return new Deployment(chart, 'Web', {
    metadata: { name: 'web' },
    containers: [{ image: 'web:1', name: 'web', portNumber: 8080, imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT }],
  });
}

function job(chart: Chart): k8s.KubeJob {
  const template = {
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 3600, containers: [{ name: 'main', image: 'main:1' }] },
  };
  return new k8s.KubeJob(chart, 'Job', { metadata: { name: 'import' }, spec: { template } });
}

const podOf = (chart: Chart, kind: string, name: string) => find(chart.toJson() as Manifest[], kind, name).spec.template;

describe('WorkerSidecar', () => {
  test('puts a worker with everything it mounts into a Deployment of cdk8s-plus', () => {
    const { chart, sidecar } = tasks();
    const deployment = web(chart);
    const before = podOf(chart, 'Deployment', 'web');
    sidecar().addTo(deployment);
    const { spec, metadata } = podOf(chart, 'Deployment', 'web');
    const [own, worker] = spec.containers;
    expect(own).toEqual(before.spec.containers[0]);
    expect(worker).toMatchObject({
      name: 'worker-inline',
      image: 'worker:1',
      args: ['worker'],
      resources: { limits: { memory: '256Mi' } },
    });
    const volumes = spec.volumes.map(({ name }: { name: string }) => name);
    expect(volumes).toEqual(['worker-inline-topology', 'worker-inline-broker-user', 'worker-inline-tmp', 'worker-inline-secret-0']);
    expect(worker.volumeMounts.map(({ name }: { name: string }) => name)).toEqual(volumes);
    expect(metadata.labels).toEqual({ ...before.metadata.labels, 'warren/producer': 'true' });
    expect(metadata.annotations).toMatchObject({
      'warren/checksum': podOf(chart, 'Deployment', 'tasks-worker-inline').metadata.annotations['warren/checksum'],
    });
  });

  test('logs in as the user of its group and serves the queues of its group', () => {
    const { chart, sidecar } = tasks();
    sidecar().addTo(web(chart));
    const { containers, volumes } = podOf(chart, 'Deployment', 'web').spec;
    expect(environmentOf(containers[1])).toMatchObject({ WARREN_QUEUES: 'small', WARREN_NODE_NAME: 'inline@$(POD_NAME)' });
    expect(volumes).toContainEqual({ name: 'worker-inline-broker-user', secret: { secretName: 'tasks-broker-worker-inline' } });
  });

  test('lets its tasks end, and leaves the pod more time where it has more', () => {
    const { chart, sidecar } = tasks();
    sidecar().addTo(web(chart));
    sidecar().addTo(job(chart), { native: true });
    expect(podOf(chart, 'Deployment', 'web').spec.terminationGracePeriodSeconds).toBe(50);
    expect(podOf(chart, 'Job', 'import').spec.terminationGracePeriodSeconds).toBe(3600);
  });

  test('does not make the pod unready while the broker is away, and listens on a port of its own', () => {
    const { chart, sidecar } = tasks();
    sidecar(9000).addTo(web(chart));
    const [, worker] = podOf(chart, 'Deployment', 'web').spec.containers;
    expect(worker).not.toHaveProperty('readinessProbe');
    expect([worker.livenessProbe.httpGet, worker.startupProbe.httpGet]).toEqual([
      { path: '/livez', port: 9000 },
      { path: '/livez', port: 9000 },
    ]);
    expect(environmentOf(worker)['WARREN_HEALTH_PORT']).toBe('9000');
    expect(worker.ports).toEqual([{ containerPort: 9000 }]);
    expect(sidecar().container.ports).toEqual([{ containerPort: 8081 }]);
  });

  test('passes Pod Security "restricted" by itself, whatever the pod says', () => {
    const { sidecar } = tasks();
    expect(sidecar().container.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('as a native sidecar does not keep a Job from ending', () => {
    const { chart, sidecar } = tasks();
    sidecar().addTo(job(chart), { native: true });
    const { containers, initContainers } = podOf(chart, 'Job', 'import').spec;
    expect(containers.map(({ name }: { name: string }) => name)).toEqual(['main']);
    expect(initContainers).toEqual([expect.objectContaining({ name: 'worker-inline', restartPolicy: 'Always' })]);
  });

  test('stands beside the worker of another group', () => {
    const { chart, cluster, sidecar } = tasks();
    const deployment = web(chart);
    sidecar().addTo(deployment);
    cluster.workers['heavy']!.sidecar({ healthPort: 8082 }).addTo(deployment);
    const { containers, volumes, terminationGracePeriodSeconds } = podOf(chart, 'Deployment', 'web').spec;
    expect(containers.map(({ name }: { name: string }) => name)).toEqual(['web', 'worker-inline', 'worker-heavy']);
    const names: string[] = volumes.map(({ name }: { name: string }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(terminationGracePeriodSeconds).toBe(920);
  });

  test('refuses to keep a Job from ending, pods it cannot see, and pods that cannot read its Secrets', () => {
    const { chart, sidecar } = tasks();
    const other = new Chart(new App(), 'other', { namespace: 'other' });
    const cron = new k8s.KubeCronJob(chart, 'Cron', {
      metadata: { name: 'nightly' },
      spec: { schedule: '@daily', jobTemplate: { spec: { template: { spec: { containers: [{ name: 'main' }] } } } } },
    });
    expect(problemsIn(() => sidecar().addTo(job(chart)))).toEqual([
      'Job/import: got false -> would never end: the worker goes on running -> write addTo(job, { native: true })',
    ]);
    expect(problemsIn(() => sidecar().addTo(cron))).toEqual([expect.stringMatching(/^CronJob\/nightly: .* must have a pod template/)]);
    expect(problemsIn(() => sidecar().addTo(web(other)))).toEqual([
      expect.stringMatching(/^Deployment\/web: got "other" -> must be in the task system's namespace \(tasks-test\)/),
    ]);
  });

  test("refuses another container's port, also one that was added later", () => {
    const { chart, sidecar } = tasks();
    const deployment = web(chart);
    sidecar().addTo(deployment);
    deployment.addContainer({ name: 'proxy', image: 'proxy:1', portNumber: 8081 });
    expect(problemsIn(() => chart.toJson())).toEqual([
      "Deployment/web: got 8081 -> is another container's port: the probes of the worker need their own -> write sidecar({ healthPort: ... })",
    ]);
  });

  test('refuses a port that is none', () =>
    expect(problemsIn(() => tasks().sidecar(0))).toEqual([
      'sidecar of inline.healthPort: got 0 -> must be a whole number from 1 to 65535 -> change it',
    ]));
});
