import { loadEnvironment, type Manifest } from '../../support/manifests';
import { brokenReferences } from '../../support/references';

/** Development makes its own Secrets, with an account of its own. */
function broken(kind: string): string[] {
  const objects = structuredClone(loadEnvironment('development'));
  const gone = objects.find((object: Manifest) => object.kind === kind && object.metadata.name === 'tasks-secrets') as Manifest;
  return brokenReferences(objects.filter((object) => object !== gone));
}

describe('serviceAccountProblems', () => {
  test('finds a missing account, in the pod and in the binding', () =>
    expect(broken('ServiceAccount')).toEqual([
      expect.stringMatching(/^Job\/tasks-secrets-\w+: runs under ServiceAccount\/tasks-secrets, which is not rendered$/),
      'RoleBinding/tasks-secrets: names ServiceAccount/tasks-secrets, which is not rendered',
    ]));

  test('finds a missing role', () =>
    expect(broken('Role')).toEqual(['RoleBinding/tasks-secrets: names Role/tasks-secrets, which is not rendered']));
});
