import { checksum, labelsOf, RESTRICTED_CONTAINER, resourceRequirements, restrictedPod, tolerateLostNode } from '../../constructs/pod';

describe('restrictedPod', () => {
  test('runs as the given user and mounts no token of the Kubernetes API', () =>
    expect(restrictedPod(10001, 'tasks-flower')).toEqual({
      serviceAccountName: 'tasks-flower',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        fsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    }));
});

describe('resourceRequirements', () => {
  test('bounds memory and disk by what is requested, and never limits CPU', () =>
    expect(JSON.parse(JSON.stringify(resourceRequirements({ cpu: '1', memory: '2Gi' }, '1Gi'), (_, part) => part?.value ?? part))).toEqual({
      requests: { cpu: '1', memory: '2Gi', 'ephemeral-storage': '1Gi' },
      limits: { memory: '2Gi', 'ephemeral-storage': '1Gi' },
    }));
});

describe('RESTRICTED_CONTAINER', () => {
  test('has no capability and writes nothing outside its volumes', () =>
    expect(RESTRICTED_CONTAINER.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      seccompProfile: { type: 'RuntimeDefault' },
    }));
});

describe('labelsOf', () => {
  test('selects by labels that never change with the system they are part of', () => {
    const { selector, all } = labelsOf('tasks-broker', 'broker', 'tasks');
    expect(all).toMatchObject(selector);
    expect(selector).toEqual(labelsOf('tasks-broker', 'broker', 'other').selector);
  });
});

describe('checksum', () => {
  const of = (...texts: string[]) => checksum(...texts)['warren/checksum'];

  test('is the same for the same texts', () => expect(of('a', 'b')).toBe(of('a', 'b')));
  test('changes with any text', () => expect(new Set([of('a', 'b'), of('a', 'c'), of('b', 'b'), of('a')]).size).toBe(4));
  test('changes when text moves from one file to the next', () => expect(of('ab', 'c')).not.toBe(of('a', 'bc')));
});

describe('tolerateLostNode', () => {
  test('shortens the wait that Kubernetes would add by itself', () =>
    expect(tolerateLostNode(30).map(({ key, effect, tolerationSeconds }) => [key, effect, tolerationSeconds])).toEqual([
      ['node.kubernetes.io/not-ready', 'NoExecute', 30],
      ['node.kubernetes.io/unreachable', 'NoExecute', 30],
    ]));
});
