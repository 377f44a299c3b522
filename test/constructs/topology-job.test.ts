import { find, problemsOf, renderTasks } from '../support/manifests';

type Props = Parameters<typeof renderTasks>[0];

function jobOf(props: Props = {}) {
  const objects = renderTasks(props);
  const { metadata } = objects.find(({ kind }) => kind === 'Job') ?? {};
  return find(objects, 'Job', metadata?.name ?? '');
}

describe('TopologyJob', () => {
  test('keeps its name while nothing changes, so that a second apply does nothing', () => expect(jobOf()).toEqual(jobOf()));

  test.each<[string, Props]>([
    ['a queue', { queues: { small: {}, more: {} } }],
    ['a limit', { queues: { small: { deliveryLimit: 5 }, large: {} } }],
    ['a worker group', { workers: { general: { queues: ['small'] }, other: { queues: ['large'] } } }],
    ['the image', { image: 'registry.example.com/worker:2.0.0' }],
  ])('gets another name with %s, because a Job cannot be changed', (_, props) =>
    expect(jobOf(props).metadata.name).not.toBe(jobOf().metadata.name),
  );

  test('runs the worker image, tries again after a failure and is cleaned up a day after its end', () => {
    const { spec } = jobOf();
    expect(spec).toMatchObject({ backoffLimit: 6, ttlSecondsAfterFinished: 86_400 });
    expect(spec.template.spec).toMatchObject({ restartPolicy: 'OnFailure', automountServiceAccountToken: false });
    expect(spec.template.spec.containers).toMatchObject([{ image: 'registry.example.com/worker:1.0.0', args: ['topology'] }]);
  });

  test('has no empty annotations, which the API server drops, so that a second apply would say "configured"', () =>
    expect(jobOf().spec.template.metadata).toEqual({ labels: jobOf().metadata.labels }));

  test('carries annotations for tools that run Jobs as hooks', () => {
    const annotations = { 'argocd.argoproj.io/hook': 'Sync' };
    expect(jobOf({ topologyJob: { annotations } }).metadata.annotations).toEqual(annotations);
  });

  test('refuses annotations that are no texts', () =>
    expect(problemsOf({ topologyJob: { annotations: { wave: 1 } } })).toEqual([
      'topologyJob.annotations.wave: got 1 -> must be a text -> put it in quotes',
    ]));
});
