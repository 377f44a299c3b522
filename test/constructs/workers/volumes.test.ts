import { k8s } from 'cdk8s-plus-27';
import { renderWorkers, workerOf, workerPodOf, workerProblems } from '../../support/worker-objects';

const models = { name: 'models', configMap: { name: 'models' } };

describe('volumes of a worker', () => {
  test('hold the keys of Secrets as files, each in a folder of its own', () => {
    const objects = renderWorkers({ secretFiles: ['shop', 'mail.example.com'] });
    const mounts = workerOf(objects).volumeMounts.filter(({ mountPath }: { mountPath: string }) => mountPath.startsWith('/etc/secrets/'));
    expect(mounts).toEqual([
      { name: 'secret-0', mountPath: '/etc/secrets/shop', readOnly: true },
      { name: 'secret-1', mountPath: '/etc/secrets/mail.example.com', readOnly: true },
    ]);
    expect(workerPodOf(objects).volumes).toEqual(
      expect.arrayContaining([
        { name: 'secret-0', secret: { secretName: 'shop' } },
        { name: 'secret-1', secret: { secretName: 'mail.example.com' } },
      ]),
    );
  });

  test("may be the user's", () => {
    const objects = renderWorkers({ volumes: [models], volumeMounts: [{ name: 'models', mountPath: '/var/lib/models' }] });
    expect(workerPodOf(objects).volumes).toContainEqual(models);
    expect(workerOf(objects).volumeMounts).toContainEqual({ name: 'models', mountPath: '/var/lib/models' });
  });

  test.each([
    [undefined, '64Mi', '256Mi'],
    ['1Gi', '1Gi', '1216Mi'],
    ['100M', '100M', '288Mi'],
  ])('with %s of temporary storage bound /tmp at %s and the disk at %s', (temporaryStorage, sizeLimit, disk) => {
    const objects = renderWorkers({ ...(temporaryStorage !== undefined && { temporaryStorage }) });
    expect(workerPodOf(objects).volumes).toContainEqual({ name: 'tmp', emptyDir: { sizeLimit } });
    const { requests, limits } = workerOf(objects).resources;
    expect([requests['ephemeral-storage'], limits['ephemeral-storage']]).toEqual([disk, disk]);
  });

  const mounted = (volume: Record<string, unknown>) => ({ volumes: [volume], volumeMounts: [{ name: volume['name'], mountPath: '/x' }] });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      'a folder of the machine',
      mounted({ name: 'a', hostPath: { path: '/' } }),
      /^workers\.general\.volumes\[0\]\.hostPath: .* is refused by Pod Security/,
    ],
    ['a misspelt source', mounted({ name: 'a', configmap: { name: 'x' } }), /^workers\.general\.volumes\[0\]\.configmap: /],
    ['no source', mounted({ name: 'a' }), /^workers\.general\.volumes\[0\]: got \[\] -> must have one source/],
    [
      'a folder without bound',
      mounted({ name: 'a', emptyDir: {} }),
      /^workers\.general\.volumes\[0\]\.emptyDir: got \{\} -> must have a sizeLimit/,
    ],
    [
      "the worker's own name",
      mounted({ ...models, name: 'topology' }),
      /^workers\.general\.volumes\[0\]\.name: got "topology" -> is a volume of the worker's own/,
    ],
    ['a name that grows into it', mounted({ ...models, name: 'secret-1' }), /name: got "secret-1" -> is a volume of the worker's own/],
    ['a name in capitals', mounted({ ...models, name: 'Models' }), /name: got "Models" -> must be 1 to 63/],
    [
      'a mount of nothing',
      { volumeMounts: [{ name: 'a', mountPath: '/x' }] },
      /^workers\.general\.volumeMounts\[0\]\.name: got "a" -> is no volume/,
    ],
    ['a volume that nobody mounts', { volumes: [models] }, /^workers\.general\.volumes\[0\]: got "models" -> is mounted nowhere/],
    [
      'a relative path',
      { ...mounted(models), volumeMounts: [{ name: 'models', mountPath: 'x' }] },
      /mountPath: got "x" -> must be an absolute path/,
    ],
    [
      'the folder of the Secrets',
      { ...mounted(models), volumeMounts: [{ name: 'models', mountPath: '/etc/secrets/a' }] },
      /mountPath: .* would hide/,
    ],
    ['the folder of the image', { ...mounted(models), volumeMounts: [{ name: 'models', mountPath: '/app' }] }, /mountPath: .* would hide/],
    ['/tmp', { ...mounted(models), volumeMounts: [{ name: 'models', mountPath: '/tmp' }] }, /mountPath: .* would hide/],
    ['everything', { ...mounted(models), volumeMounts: [{ name: 'models', mountPath: '/' }] }, /mountPath: .* would hide/],
    [
      'two mounts in one place',
      {
        volumes: [models, { ...models, name: 'b' }],
        volumeMounts: [
          { name: 'models', mountPath: '/x' },
          { name: 'b', mountPath: '/x' },
        ],
      },
      /^workers\.general\.volumeMounts\[1\]: got "\/x" -> is in the list already/,
    ],
    ['a Secret twice', { secretFiles: ['a', 'a'] }, /^workers\.general\.secretFiles\[1\]: got "a" -> is in the list already/],
    ['a size without a unit', { temporaryStorage: '100' }, /^workers\.general\.temporaryStorage: got "100" -> /],
  ])('refuse %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));

  test('take a bounded folder, and one below /tmp', () =>
    expect(() =>
      workerProblems({
        volumes: [{ name: 'a', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } }],
        volumeMounts: [{ name: 'a', mountPath: '/tmp/cache' }],
      }),
    ).toThrow('everything was accepted'));
});
