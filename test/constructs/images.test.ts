import { RabbitmqCluster } from '../../constructs';
import { type Manifest, problemsOf, renderTasks } from '../support/manifests';

const podsOf = (objects: Manifest[]): any[] => objects.flatMap(({ spec }) => spec?.template?.spec ?? []);
const containersOf = (objects: Manifest[]): any[] => podsOf(objects).flatMap((pod) => [...(pod.initContainers ?? []), ...pod.containers]);
const imagesOf = (objects: Manifest[]) => Object.fromEntries(containersOf(objects).map(({ name, image }) => [name, image]));

describe('images of TaskCluster', () => {
  test('come from a mirror, but for those that are named', () => {
    expect(imagesOf(renderTasks({ flower: {}, registry: 'mirror.example.com:5000/hub' }))).toEqual({
      prepare: 'mirror.example.com:5000/hub/rabbitmq:4.3.6-management',
      rabbitmq: 'mirror.example.com:5000/hub/rabbitmq:4.3.6-management',
      flower: 'mirror.example.com:5000/hub/mher/flower:2.2.0',
      topology: 'registry.example.com/worker:1.0.0',
      worker: 'registry.example.com/worker:1.0.0',
    });
    const broker = RabbitmqCluster.of({ image: 'other.example.com/rabbitmq:4.3.6-management' });
    expect(imagesOf(renderTasks({ broker, flower: { image: 'flower:9' }, registry: 'mirror.example.com' }))).toMatchObject({
      rabbitmq: 'other.example.com/rabbitmq:4.3.6-management',
      flower: 'flower:9',
    });
  });

  test('are pulled by every pod with the same Secrets', () => {
    const pods = podsOf(renderTasks({ flower: {}, imagePullSecrets: ['registry-login', 'mirror.login'] }));
    expect(pods).toHaveLength(4);
    for (const pod of pods) expect(pod.imagePullSecrets).toEqual([{ name: 'registry-login' }, { name: 'mirror.login' }]);
    for (const pod of podsOf(renderTasks({ flower: {} }))) expect(pod).not.toHaveProperty('imagePullSecrets');
  });

  test.each([
    [undefined, 'IfNotPresent'],
    ['Always', 'Always'],
    ['Never', 'Never'],
  ] as const)('with imagePullPolicy %s are pulled by every container under %s', (imagePullPolicy, policy) => {
    const containers = containersOf(renderTasks({ flower: {}, imagePullPolicy }));
    expect(containers.map(({ name, imagePullPolicy }) => [name, imagePullPolicy])).toEqual(containers.map(({ name }) => [name, policy]));
  });

  test.each<[problem: string, props: Record<string, unknown>, line: RegExp]>([
    ['a URL', { registry: 'https://mirror.example.com' }, /^registry: got "https:.*" -> must be a registry host .* without https/],
    ['a slash at the end', { registry: 'mirror.example.com/' }, /^registry: got "mirror\.example\.com\/" -> /],
    ['a Secret in capitals', { imagePullSecrets: ['Login'] }, /^imagePullSecrets\[0\]: got "Login" -> must be the name of a Secret/],
    ['a Secret twice', { imagePullSecrets: ['a', 'a'] }, /^imagePullSecrets\[1\]: got "a" -> is in the list already/],
    ['an unknown policy', { imagePullPolicy: 'always' }, /^imagePullPolicy: got "always" -> must be one of "Always"/],
    ['a misspelt key', { imagePullSecret: ['a'] }, /^imagePullSecret: .* -> did you mean "imagePullSecrets"\?$/],
  ])('refuse %s', (_, props, line) => expect(problemsOf(props)).toEqual([expect.stringMatching(line)]));
});

describe('pods of TaskCluster', () => {
  const objects = renderTasks({ flower: {} });

  test('have an account of their own, without a token', () => {
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.map((account) => (account as any).automountServiceAccountToken)).toEqual(accounts.map(() => false));
    expect(podsOf(objects).map((pod) => pod.serviceAccountName)).toEqual(accounts.map(({ metadata }) => metadata.name));
  });

  test('may fill a bounded part of the disk, which holds their temporary folders', () => {
    const mebibytes = (size: string) => Number(/^(\d+)Mi$/.exec(size)?.[1]);
    for (const pod of podsOf(objects)) {
      const onDisk = pod.volumes.filter(({ emptyDir }: any) => emptyDir && emptyDir.medium !== 'Memory');
      const folders = onDisk.reduce((sum: number, { emptyDir }: any) => sum + mebibytes(emptyDir.sizeLimit), 0);
      for (const { resources } of pod.containers) {
        expect(resources.requests['ephemeral-storage']).toBe(resources.limits['ephemeral-storage']);
        expect(mebibytes(resources.limits['ephemeral-storage'])).toBeGreaterThanOrEqual(folders + 50);
      }
    }
    for (const { resources } of containersOf(objects)) expect(resources.limits).toHaveProperty('ephemeral-storage');
  });
});
