import { SecretSource } from '../../constructs';
import { SECRETS_ENVIRONMENT } from '../../workers/environment';
import { decodeSecrets } from '../../workers/secrets/secret';
import { find, idOf, type Manifest, problemsOf, renderTasks } from '../support/manifests';

const only = (objects: Manifest[], kind: string): Manifest[] => objects.filter((object) => object.kind === kind);

describe('SecretSource.existing', () => {
  test('is the default and renders nothing', () => expect(renderTasks({ secrets: SecretSource.existing() })).toEqual(renderTasks()));
});

describe('SecretSource.bootstrap', () => {
  const objects = renderTasks({ secrets: SecretSource.bootstrap() });
  const job = only(objects, 'Job').find(({ metadata }) => metadata.name.startsWith('tasks-secrets-')) as Manifest;

  test('gives its Job an account that may create Secrets and nothing else', () => {
    const { spec } = job.spec.template;
    expect(spec).toMatchObject({ serviceAccountName: 'tasks-secrets', automountServiceAccountToken: true });
    expect(find(objects, 'Role', 'tasks-secrets')).toMatchObject({
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }],
    });
    expect(find(objects, 'RoleBinding', 'tasks-secrets')).toMatchObject({
      roleRef: { kind: 'Role', name: 'tasks-secrets' },
      subjects: [{ kind: 'ServiceAccount', name: 'tasks-secrets' }],
    });
    expect(find(objects, 'ServiceAccount', 'tasks-secrets')).toMatchObject({ automountServiceAccountToken: false });
  });

  test('tells its Job every Secret, and no value', () => {
    const { value } = job.spec.template.spec.containers[0].env.find(({ name }: { name: string }) => name === SECRETS_ENVIRONMENT.secrets);
    expect(decodeSecrets(value).map(({ name }) => name)).toEqual([
      'tasks-broker-cookie',
      'tasks-broker-admin',
      'tasks-broker-worker-general',
      'tasks-broker-producer',
      'tasks-broker-flower',
      'tasks-broker-keda',
    ]);
    for (const { keys } of decodeSecrets(value)) {
      for (const [key, content] of Object.entries(keys)) expect([content === 'random', key === 'username']).toContain(true);
    }
  });

  test('names its Job after what it creates, because a Job cannot be changed', () => {
    const withMore = renderTasks({ secrets: SecretSource.bootstrap(), flower: {} });
    expect(only(withMore, 'Job').map(idOf)).not.toContain(idOf(job));
    expect(renderTasks({ secrets: SecretSource.bootstrap() })).toEqual(objects);
  });
});

describe('SecretSource.external', () => {
  const objects = renderTasks({ secrets: SecretSource.external({ store: 'vault', path: 'live/tasks' }) });

  test('renders one ExternalSecret for each Secret', () => {
    const names = only(objects, 'ExternalSecret').map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['tasks-broker-cookie', 'tasks-broker-admin', 'tasks-broker-keda']));
    expect(find(objects, 'ExternalSecret', 'tasks-broker-keda').spec).toEqual({
      refreshInterval: '1h',
      secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' },
      target: {
        name: 'tasks-broker-keda',
        template: { type: 'kubernetes.io/basic-auth', data: { username: 'keda', password: '{{ index . "password" }}' } },
      },
      data: [{ secretKey: 'password', remoteRef: { key: 'live/tasks/tasks-broker-keda', property: 'password' } }],
    });
  });

  test.each([
    [{ store: 'My Store' }, /^secrets\.store: got "My Store"/],
    [{ store: 'vault', storeKind: 'Vault' as 'SecretStore' }, /^secrets\.storeKind: got "Vault" -> must be one of/],
    [{ store: 'vault', refreshInterval: 'often' }, /^secrets\.refreshInterval: got "often" -> must be a duration/],
    [{ store: 'vault', pth: 'x' } as never, /^secrets\.pth: got "x" -> is not a known key -> did you mean "path"\?/],
  ])('refuses %j', (options, line) =>
    expect(problemsOf({ secrets: SecretSource.external(options) })).toEqual([expect.stringMatching(line)]),
  );
});

test('TaskCluster refuses secrets that are no source, such as a password', () =>
  expect(problemsOf({ secrets: 'hunter2' })).toEqual([
    'secrets: got "hunter2" -> must be a source of Secrets -> write SecretSource.existing()',
  ]));
