import { k8s } from 'cdk8s-plus-27';
import { workerPodTemplate } from '../../../constructs';
import { find, renderTasks, taskCluster } from '../../support/manifests';
import { renderWorkers, workerPodOf, workerProblems, workersOf } from '../../support/worker-objects';

describe('pod of a worker', () => {
  test('carries labels and annotations of the group beside those of the system', () => {
    const objects = renderWorkers(
      { podLabels: { mesh: 'off' }, podAnnotations: { 'example.com/inject': 'false' } },
      { labels: { team: 'search' }, annotations: { note: 'x' } },
    );
    const { labels, annotations } = workersOf(objects).template.metadata;
    expect(labels).toMatchObject({ mesh: 'off', team: 'search', 'app.kubernetes.io/name': 'tasks-worker-general' });
    expect(annotations).toMatchObject({ 'example.com/inject': 'false', note: 'x', 'warren/checksum': expect.any(String) });
    expect(find(objects, 'Deployment', 'tasks-worker-general').metadata.labels).not.toHaveProperty('mesh');
  });

  test('pulls with the Secrets of the system and of the group, each once', () =>
    expect(workerPodOf(renderWorkers({ imagePullSecrets: ['b', 'a'] }, { imagePullSecrets: ['a'] })).imagePullSecrets).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]));

  test('runs under an account of its own that may be annotated, never with a token', () => {
    const objects = renderWorkers({ serviceAccountAnnotations: { 'eks.amazonaws.com/role-arn': 'arn' } });
    const account = find(objects, 'ServiceAccount', 'tasks-worker-general') as any;
    expect(account.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': 'arn' });
    expect([account.automountServiceAccountToken, workerPodOf(objects).automountServiceAccountToken]).toEqual([false, false]);
  });

  test('may run under an account that exists, and then none is rendered', () => {
    const objects = renderWorkers({ serviceAccountName: 'cloud' });
    expect(workerPodOf(objects)).toMatchObject({ serviceAccountName: 'cloud', automountServiceAccountToken: false });
    expect(objects.filter(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name.includes('worker'))).toEqual([]);
    const { workers } = taskCluster({ workers: { general: { queues: ['small'], serviceAccountName: 'cloud' } } });
    expect(workers['general']).toMatchObject({ serviceAccountName: 'cloud', serviceAccount: undefined });
  });

  test('knows hosts and resolver settings of the user', () => {
    const options = {
      hostAliases: [{ ip: '192.0.2.1', hostnames: ['a'] }],
      dnsConfig: { searches: ['example.com'], options: [{ name: 'ndots', value: '2' }] },
    };
    expect(workerPodOf(renderWorkers(options))).toMatchObject(options);
  });

  test('is the same for whatever owns it', () => {
    const cluster = taskCluster();
    const template = workerPodTemplate({
      name: 'tasks-worker-general',
      partOf: 'tasks',
      group: 'general',
      image: 'registry.example.com/worker:1.0.0',
      topology: cluster.topology,
      topologyConfig: cluster.topologyConfig,
      broker: cluster.broker,
      queues: ['small'],
      concurrency: 1,
      resources: { cpu: '100m', memory: '256Mi' },
    });
    expect(JSON.parse(JSON.stringify(k8s.toJson_PodTemplateSpec(template)))).toEqual(workersOf(renderTasks()).template);
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      "Warren's own label",
      { podLabels: { 'app.kubernetes.io/name': 'x' } },
      /^workers\.general\.podLabels\."app\.kubernetes\.io\/name": .*is set by Warren/,
    ],
    ["Warren's own annotation", { podAnnotations: { 'warren/checksum': 'x' } }, /podAnnotations.*is set by Warren/],
    ['a pull Secret twice', { imagePullSecrets: ['a', 'a'] }, /^workers\.general\.imagePullSecrets\[1\]: /],
    [
      "annotations of another's account",
      { serviceAccountName: 'cloud', serviceAccountAnnotations: { a: 'b' } },
      /^workers\.general\.serviceAccountAnnotations: got \{"a":"b"\} -> is for the group's own account, but cloud is another's/,
    ],
    [
      'a misspelt alias',
      { hostAliases: [{ ip: '1.2.3.4', hostname: 'a' }] },
      /^workers\.general\.hostAliases\[0\]\.hostname: .* did you mean "hostnames"/,
    ],
    ['a misspelt resolver', { dnsConfig: { search: [] } }, /^workers\.general\.dnsConfig\.search: .* did you mean "searches"/],
  ])('refuses %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));
});
