import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { summaryOf, workloadsOf } from '../../tools/summary';
import { REPOSITORY } from '../support/manifests';

const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
const pod = (...containers: object[]) => ({ template: { spec: { containers } } });
const labels = { 'app.kubernetes.io/component': 'worker' };

/** Three broker nodes, workers from 2 to 10, sleeping workers up to 4, and one page. */
const OBJECTS = [
  { kind: 'Service', metadata: { name: 'broker' } },
  { kind: 'Service', metadata: { name: 'page' } },
  {
    kind: 'StatefulSet',
    metadata: { name: 'broker' },
    spec: {
      replicas: 3,
      template: { spec: { containers: [requests('1', '2Gi')], initContainers: [requests('50m', '64Mi')] } },
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '20Gi' } } } }],
    },
  },
  { kind: 'Deployment', metadata: { name: 'page' }, spec: pod(requests('100m', '256Mi')) },
  { kind: 'Deployment', metadata: { name: 'workers', labels }, spec: pod(requests('250m', '512Mi'), requests('50m', '64Mi')) },
  {
    kind: 'ScaledObject',
    metadata: { name: 'workers' },
    spec: { scaleTargetRef: { name: 'workers' }, minReplicaCount: 2, maxReplicaCount: 10 },
  },
  { kind: 'Deployment', metadata: { name: 'sleepers', labels }, spec: pod(requests('1', '1Gi')) },
  { kind: 'ScaledObject', metadata: { name: 'sleepers' }, spec: { scaleTargetRef: { name: 'sleepers' }, maxReplicaCount: 4 } },
];

describe('summaryOf', () => {
  // By hand: pods 3+1+2+0 and 3+1+10+4; CPU 3+0.1+2*0.3+0 and 3+0.1+10*0.3+4*1;
  // memory 6Gi+256Mi+2*576Mi+0 = 7552Mi and 6Gi+256Mi+10*576Mi+4Gi = 16256Mi; storage 3*20Gi.
  test('lists the objects by kind and adds up what they ask for', () =>
    expect(summaryOf('dist/production.k8s.yaml', OBJECTS).split('\n')).toEqual([
      'dist/production.k8s.yaml',
      '  Service        broker, page',
      '  StatefulSet    broker',
      '  Deployment     page, workers, sleepers',
      '  ScaledObject   workers, sleepers',
      '',
      '  at rest - at most   pods     CPU          memory             storage',
      '  broker              3        3            6Gi                60Gi',
      '  page                1        0.1          256Mi              0',
      '  workers             2 - 10   0.6 - 3      1.13Gi - 5.63Gi    0',
      '  sleepers            0 - 4    0 - 4        0 - 4Gi            0',
      '  total               6 - 18   3.7 - 10.1   7.38Gi - 15.88Gi   60Gi',
      '',
      '  workers: 2 at rest, 14 at most',
      '',
    ]));

  test('counts what a plain autoscaler and Jobs may come to', () => {
    const objects = [
      { kind: 'Deployment', metadata: { name: 'plain', labels }, spec: pod(requests('1', '1Gi')) },
      {
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'plain' },
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'plain' }, minReplicas: 2, maxReplicas: 3 },
      },
      { kind: 'ScaledJob', metadata: { name: 'long', labels }, spec: { jobTargetRef: pod(requests('2', '1Gi')), maxReplicaCount: 5 } },
    ];
    expect(workloadsOf(objects)).toMatchObject([
      { name: 'plain', isWorker: true, atRest: 2, atMost: 3, cpu: 1 },
      { name: 'long', isWorker: true, atRest: 0, atMost: 5, cpu: 2 },
    ]);
  });

  test('counts nothing in a manifest without pods', () =>
    expect(summaryOf('empty', [])).toContain('total               0      0     0        0'));
});

describe('workloadsOf', () => {
  const scale = (target: object, metadata: object = {}) =>
    workloadsOf([
      { kind: 'Deployment', metadata: { name: 'w', namespace: 'n' }, spec: { replicas: 1, ...pod(requests('1', '1Gi')) } },
      {
        kind: 'ScaledObject',
        metadata: { name: 's', namespace: 'n', ...metadata },
        spec: { maxReplicaCount: 7, scaleTargetRef: { name: 'w', ...target } },
      },
    ])[0]?.atMost;

  test('lets a ScaledObject scale its own target only', () => {
    expect(scale({})).toBe(7);
    expect(scale({ name: 'v' })).toBe(1);
    expect(scale({ kind: 'StatefulSet' })).toBe(1);
    expect(scale({}, { namespace: 'm' })).toBe(1);
  });

  test('counts the nodes that the cluster operator makes, and its default volume', () => {
    const spec = { replicas: 3, resources: { requests: { cpu: '1', memory: '2Gi' } } };
    const node = { atRest: 3, atMost: 3, cpu: 1, memory: 2 ** 31, isWorker: false };
    expect(
      workloadsOf([
        { kind: 'RabbitmqCluster', metadata: { name: 'a' }, spec: { ...spec, persistence: { storage: '20Gi' } } },
        { kind: 'RabbitmqCluster', metadata: { name: 'b' }, spec },
      ]),
    ).toEqual([
      { name: 'a', ...node, storage: 20 * 2 ** 30 },
      { name: 'b', ...node, storage: 10 * 2 ** 30 },
    ]);
  });

  test('counts the pods that a ScaledJob may start', () => {
    const jobTargetRef = pod(requests('1', '1Gi'));
    const sizes = (spec: object) => workloadsOf([{ kind: 'ScaledJob', metadata: { name: 'j', labels }, spec: { jobTargetRef, ...spec } }]);
    expect(sizes({ minReplicaCount: 1, maxReplicaCount: 5 })).toMatchObject([
      { atRest: 1, atMost: 5, cpu: 1, memory: 2 ** 30, isWorker: true },
    ]);
    expect(sizes({})).toMatchObject([{ atRest: 0, atMost: 100 }]);
  });

  test('counts a claim that one pod mounts, and not one that all share', () => {
    const claim = (name: string, mode: string) => ({
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: [mode], resources: { requests: { storage: '1Gi' } } },
    });
    const volumes = ['own', 'shared'].map((claimName) => ({ persistentVolumeClaim: { claimName } }));
    const page = { kind: 'Deployment', metadata: { name: 'page' }, spec: { template: { spec: { containers: [], volumes } } } };
    expect(
      workloadsOf([page, claim('own', 'ReadWriteOnce'), claim('shared', 'ReadWriteMany'), claim('other', 'ReadWriteOnce')]),
    ).toMatchObject([{ storage: 2 ** 30 }]);
  });

  // By hand: the sidecar goes on running, so 1 + 4 while the second init container runs, and 1 + 2 afterwards.
  test('adds native sidecars to what comes after them', () => {
    const spec = {
      template: {
        spec: {
          containers: [requests('2', '2Gi')],
          initContainers: [requests('3', '1Gi'), { ...requests('1', '1Gi'), restartPolicy: 'Always' }, requests('4', '1Gi')],
        },
      },
    };
    expect(workloadsOf([{ kind: 'Deployment', metadata: { name: 'w' }, spec }])).toMatchObject([{ cpu: 5, memory: 3 * 2 ** 30 }]);
  });

  test('reserves for the largest init container where that is more', () => {
    const spec = { template: { spec: { containers: [requests('100m', '1Gi')], initContainers: [requests('2', '1Mi')] } } };
    expect(workloadsOf([{ kind: 'Deployment', metadata: { name: 'w' }, spec }])).toMatchObject([{ cpu: 2, memory: 2 ** 30 }]);
  });
});

describe('warren-summary', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warren-summary-'));
    Yaml.save(join(folder, 'a.k8s.yaml'), OBJECTS);
    Yaml.save(join(folder, 'b.k8s.yaml'), OBJECTS.slice(0, 1));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...files: string[]) =>
    spawnSync(process.execPath, [join(REPOSITORY, 'lib/tools/summary.js'), ...files], { cwd: folder, encoding: 'utf8' });

  test('prints one table for each file', () =>
    expect(run('a.k8s.yaml', 'b.k8s.yaml')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `${summaryOf('a.k8s.yaml', OBJECTS)}\n${summaryOf('b.k8s.yaml', OBJECTS.slice(0, 1))}`,
    }));

  test.each<[what: string, files: string[], message: string]>([
    ['a missing file', ['a.k8s.yaml', 'dist/*.k8s.yaml'], 'summary: dist/*.k8s.yaml: no such file -> run "npx cdk8s synth" first\n'],
    ['no file', [], 'summary: no file given -> summary dist/*.k8s.yaml\n'],
    ['a folder', ['.'], 'summary: .: is not a Kubernetes manifest -> name a file that "npx cdk8s synth" wrote\n'],
  ])('refuses %s', (_, files, message) => expect(run(...files)).toMatchObject({ status: 1, stdout: '', stderr: message }));

  test('refuses a file that is no manifest', () => {
    writeFileSync(join(folder, 'notes.yaml'), 'hello: world\n');
    expect(run('notes.yaml')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('notes.yaml: is not a Kubernetes manifest'),
    });
  });
});
