import { environmentOf, find, type Manifest, renderTasks } from '../../support/manifests';

const render = (general: object, heavy: object = {}): Manifest[] =>
  renderTasks({
    workers: { general: { queues: ['small'], ...general }, heavy: { queues: ['small'], ...heavy } },
  });
const kinds = (objects: readonly Manifest[]): string[] =>
  objects.filter(({ metadata }) => metadata.name.includes('deletion-cost')).map(({ kind }) => kind);
const podOf = (objects: readonly Manifest[], group: string) => find(objects, 'Deployment', `tasks-worker-${group}`).spec.template.spec;

describe('deletion cost', () => {
  const scaled = render({ scale: { min: 1, max: 3 } });

  test('is written by groups that are scaled, with a token bound to the pod', () => {
    const { containers, volumes, automountServiceAccountToken } = podOf(scaled, 'general');
    expect(environmentOf(containers[0])).toMatchObject({
      WARREN_POD: '$(POD_NAME)',
      WARREN_SERVICE_ACCOUNT: '/etc/warren/service-account',
    });
    const volume = volumes.find(({ name }: { name: string }) => name === 'service-account');
    expect(volume.projected.sources).toContainEqual({ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } });
    expect(automountServiceAccountToken).toBe(false);
  });

  test('names the version of its fields as the API server does, so that a second apply changes nothing', () => {
    const volume = podOf(scaled, 'general').volumes.find(({ name }: { name: string }) => name === 'service-account');
    const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
    expect(volume.projected.sources).toContainEqual({ downwardAPI: { items: [namespace] } });
  });

  test('is allowed before the workers are applied, which would be refused at first', () => {
    const order = scaled.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const worker = order.indexOf('Deployment tasks-worker-general');
    for (const kind of ['Role', 'RoleBinding']) expect(order.indexOf(`${kind} tasks-deletion-cost`)).toBeLessThan(worker);
  });

  test('gives no token to the other groups', () => {
    expect(JSON.stringify(podOf(scaled, 'heavy'))).not.toContain('serviceAccountToken');
  });

  test('lets the accounts of those groups patch pods, and a policy leaves them one annotation of their own pod', () => {
    expect(find(scaled, 'Role', 'tasks-deletion-cost')).toMatchObject({
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['patch'] }],
    });
    expect(find(scaled, 'RoleBinding', 'tasks-deletion-cost')).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'tasks-worker-general' }],
    });
    const { spec } = find(scaled, 'ValidatingAdmissionPolicy', 'tasks-deletion-cost.tasks-test');
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.matchConditions[0].expression).toContain("'system:serviceaccount:tasks-test:tasks-worker-general'");
    expect(spec.validations).toHaveLength(3);
  });

  test('renders neither right nor token where no group is scaled, or wants it', () => {
    expect(kinds(render({}))).toEqual([]);
    const without = render({ scale: { min: 1, max: 3 }, deletionCost: false });
    expect(kinds(without)).toEqual([]);
    expect(JSON.stringify(without)).not.toContain('serviceAccountToken');
  });

  test('can be had without a scale, for other autoscalers', () => {
    expect(kinds(render({ deletionCost: true }))).toEqual([
      'Role',
      'RoleBinding',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]);
  });
});
