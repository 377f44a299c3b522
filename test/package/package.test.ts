import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../support/manifests';
import { run } from '../support/processes';

jest.setTimeout(240_000);

/** A user's own program in a project of its own, without a line of ours. */
const MAIN = `import { bySize, synth, TaskCluster } from 'warren';

synth([{ name: 'live', namespace: 'mail' }], (chart, environment) => {
  new TaskCluster(chart, 'Mail', {
    name: 'mail',
    image: 'registry.example.com/mail:1.0.0',
    queues: { short: {}, long: { maxTaskSeconds: 600 } },
    routes: { 'mail.send': bySize({ overBytes: 5000, to: 'long', otherwise: 'short' }) },
    workers: { all: { queues: ['short', 'long'], scale: { min: 1, max: 4 } } },
  });
  void environment.namespace;
});
`;

const WORKER = `import { type Job, runWorker, task } from 'warren/worker';

export const greet = task('mail.greet', (name: string) => 'hello ' + name);
export const send: (name: string) => Promise<Job<string>> = (name) => greet.delay(name);
export const start = (): Promise<void> => runWorker({ tasks: __filename });
if (process.argv[2] === 'try') console.log(greet.run('you'));
`;

const TSCONFIG = {
  compilerOptions: {
    module: 'node16',
    target: 'ES2022',
    strict: true,
    types: ['node'],
    typeRoots: [join(REPOSITORY, 'node_modules/@types')],
  },
};

describe('the npm package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warren-package-'));
  let packed: string[];

  beforeAll(async () => {
    const [packageInfo] = JSON.parse(
      (await run(['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: REPOSITORY })).replace(/^[^[]*/, ''),
    ) as [{ filename: string; files: { path: string }[] }];
    packed = packageInfo.files.map(({ path }) => path);
    writeFileSync(join(folder, 'package.json'), '{"private": true}');
    writeFileSync(join(folder, 'main.ts'), MAIN);
    writeFileSync(join(folder, 'worker.ts'), WORKER);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await run(['npm', 'install', '--omit=optional', '--no-audit', '--no-fund', '--prefer-offline', `./${packageInfo.filename}`], {
      cwd: folder,
    });
    await run([join(REPOSITORY, 'node_modules/.bin/tsc')], { cwd: folder });
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds compiled code, types and documents, and nothing of the example', () => {
    for (const path of packed)
      expect(path).toMatch(/^(lib\/(constructs|imports|workers|tools)\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/);
    expect(packed).toEqual(
      expect.arrayContaining(['lib/constructs/index.js', 'lib/workers/index.d.ts', 'lib/imports/keda.sh.js', 'LICENSE']),
    );
    expect(packed.filter((path) => path.includes('workers/tasks/') || path.includes('workers/main'))).toEqual([]);
  });

  it('synthesises in an empty project', async () => {
    await run([process.execPath, 'main.js'], { cwd: folder });
    const summary = await run([process.execPath, 'node_modules/.bin/warren-summary', 'dist/live.k8s.yaml'], { cwd: folder });
    expect(summary).toContain('mail-worker-all');
    const secrets = await run([process.execPath, 'node_modules/.bin/warren-secrets', 'dist/live.k8s.yaml'], { cwd: folder });
    expect(secrets).toContain('name: mail-broker-keda');
    writeFileSync(join(folder, 'load.csv'), 'second,tasks\n0,100\n');
    const simulate = ['node_modules/.bin/warren-simulate', '--manifest', 'dist/live.k8s.yaml', '--load', 'load.csv'];
    expect(await run([process.execPath, ...simulate], { cwd: folder })).toContain('mail-worker-all');
  });

  it('declares and runs tasks', async () => {
    expect(await run([process.execPath, 'worker.js', 'try'], { cwd: folder })).toBe('hello you\n');
  });

  it('brings along what it needs and no more', () => {
    const has = (name: string): boolean => existsSync(join(folder, 'node_modules', name));
    expect(
      ['cdk8s', 'cdk8s-plus-27', 'constructs', '@redis/client', 'amqplib', 'pino', 'piscina', 'prom-client'].filter((name) => !has(name)),
    ).toEqual([]);
    expect(['backport', 'jest', 'typescript', 'cdk8s-cli'].filter(has)).toEqual([]);
  });
});
