import { renderWorkers, workerPodOf, workerProblems } from '../../support/worker-objects';

const proxy = { name: 'proxy', image: 'proxy:1', resources: { cpu: '10m', memory: '32Mi' } };

describe('containers beside a worker', () => {
  test('are as restricted as the worker, with what they set themselves on top', () => {
    const { containers } = workerPodOf(renderWorkers({ containers: [{ ...proxy, securityContext: { runAsUser: 20_000 } }] }));
    expect(containers.map(({ name }: { name: string }) => name)).toEqual(['worker', 'proxy']);
    expect(containers[1].securityContext).toMatchObject({
      runAsUser: 20_000,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(containers[1].resources.limits).toMatchObject({ memory: '32Mi', 'ephemeral-storage': '256Mi' });
  });

  test('run before it, after the broker is there', () => {
    const names = workerPodOf(renderWorkers({ waitForBroker: true, initContainers: [proxy] })).initContainers.map(
      ({ name }: { name: string }) => name,
    );
    expect(names).toEqual(['wait-for-broker', 'proxy']);
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      "the worker's name",
      { containers: [{ ...proxy, name: 'worker' }] },
      /^workers\.general\.containers\[0\]\.name: got "worker" -> is a container of the worker's own/,
    ],
    [
      'one name twice',
      { containers: [proxy], initContainers: [proxy] },
      /^workers\.general\.containers\[1\]: got "proxy" -> is in the list already/,
    ],
    ['no image', { containers: [{ ...proxy, image: undefined }] }, /^workers\.general\.containers\[0\]\.image: got nothing -> /],
    [
      'a moving image',
      { initContainers: [{ ...proxy, image: 'proxy:latest' }] },
      /^workers\.general\.initContainers\[0\]\.image: .*moving tag/,
    ],
    [
      'no resources',
      { containers: [{ ...proxy, resources: undefined }] },
      /^workers\.general\.containers\[0\]\.resources: got nothing -> must be an object/,
    ],
    [
      'the port of the probes',
      { containers: [{ ...proxy, ports: [{ containerPort: 8080 }] }] },
      /^workers\.general\.containers\[0\]\.ports: got 8080 -> is the port of the worker's probes/,
    ],
    [
      'a probe of what ends',
      { initContainers: [{ ...proxy, livenessProbe: {} }] },
      /^workers\.general\.initContainers\[0\]\.livenessProbe: got \{\} -> is for containers that go on running/,
    ],
    [
      'a mount over the image',
      { containers: [{ ...proxy, volumeMounts: [{ name: 'tmp', mountPath: '/proc' }] }] },
      /containers\[0\]\.volumeMounts\[0\]\.mountPath: got "\/proc" -> would hide/,
    ],
  ])('refuse %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));
});
