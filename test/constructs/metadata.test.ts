import { renderBroker, statefulSetOf } from '../support/broker-objects';
import { find, idOf, problemsOf, renderTasks } from '../support/manifests';

const ALL = { flower: {}, workers: { general: { queues: ['small'], scale: { min: 0, max: 1 } } } };
const metadata = { labels: { 'example.com/team': 'search' }, annotations: { 'example.com/runbook': 'https://example.com/tasks?x=1' } };

describe('labels and annotations of TaskCluster', () => {
  test('are on every object and every pod', () => {
    for (const object of renderTasks({ ...ALL, ...metadata })) {
      const pod = object.spec?.template?.metadata;
      for (const place of pod ? [object.metadata, pod] : [object.metadata]) {
        expect([idOf(object), place]).toEqual([
          idOf(object),
          expect.objectContaining({ labels: expect.objectContaining(metadata.labels) }),
        ]);
        expect(place.annotations).toMatchObject(metadata.annotations);
      }
    }
  });

  test('leave what Warren sets, and what selects pods, as it is', () => {
    const [plain, more] = [renderTasks(ALL), renderTasks({ ...ALL, ...metadata })];
    // A Job cannot be changed, so one with other labels has another name.
    const jobs = (objects: typeof plain) => objects.filter(({ kind }) => kind === 'Job').map(({ metadata }) => metadata.name);
    expect(jobs(more)).not.toEqual(jobs(plain));
    for (const object of plain.filter(({ kind }) => kind !== 'Job')) {
      const twin = find(more, object.kind, object.metadata.name);
      expect(twin.metadata).toMatchObject(object.metadata);
      expect(twin.spec?.selector).toEqual(object.spec?.selector);
      expect(twin.spec?.template ?? {}).toMatchObject(object.spec?.template ?? {});
      expect(twin.spec?.volumeClaimTemplates).toEqual(object.spec?.volumeClaimTemplates);
    }
  });

  test('change nothing when there are none', () => expect(renderTasks({ ...ALL, labels: {}, annotations: {} })).toEqual(renderTasks(ALL)));

  test.each<[problem: string, props: Record<string, unknown>, line: RegExp]>([
    [
      'a label that selects pods',
      { labels: { 'app.kubernetes.io/name': 'x' } },
      /^labels\."app\.kubernetes\.io\/name": .* -> is set by Warren/,
    ],
    ["an annotation of Warren's", { annotations: { 'warren/checksum': 'x' } }, /^annotations\."warren\/checksum": .* -> is set by Warren/],
    [
      'a label with spaces',
      { labels: { team: 'web search' } },
      /^labels\.team: got "web search" -> must be up to 63 .* -> shorten it, or make it an/,
    ],
    ['a label name with two slashes', { labels: { 'a/b/c': 'x' } }, /^labels\."a\/b\/c": .* -> must be a name of up to 63/],
    ['a number', { annotations: { port: 80 } }, /^annotations\.port: got 80 -> must be text/],
    ['a list', { labels: ['x'] }, /^labels: got \["x"\] -> must be an object/],
  ])('refuse %s', (_, props, line) => expect(problemsOf(props)).toEqual([expect.stringMatching(line)]));
});

describe('podLabels and podAnnotations of RabbitmqCluster', () => {
  test("are on the broker's pods alone", () => {
    const objects = renderBroker({ podLabels: { mesh: 'off' }, podAnnotations: { 'example.com/inject': 'false' } }, ALL);
    const { labels, annotations } = statefulSetOf(objects).template.metadata;
    expect(labels).toMatchObject({ mesh: 'off', 'app.kubernetes.io/component': 'broker' });
    expect(annotations).toMatchObject({ 'example.com/inject': 'false', 'warren/checksum': expect.any(String) });
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== 'StatefulSet'))).not.toMatch(/mesh|inject/);
  });
});
