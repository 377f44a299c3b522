import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELP, readOptions } from '../../../tools/simulate/options';
import { DIST, problemsIn, REPOSITORY } from '../../support/manifests';

jest.setTimeout(240_000);

const MANIFEST = join(DIST, 'production.k8s.yaml');

describe('warren-simulate', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warren-simulate-'));
    writeFileSync(join(folder, 'load.csv'), 'second,tasks\n0,100\n');
    writeFileSync(join(folder, 'bad.csv'), 'second,tasks\n0,many\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...words: string[]) =>
    spawnSync(process.execPath, [join(REPOSITORY, 'lib/tools/simulate.js'), ...words], { cwd: folder, encoding: 'utf8' });

  test('prints a table with a column for each run, and writes the chart', () => {
    const { status, stdout, stderr } = run(
      '--load',
      'load.csv',
      '--manifest',
      MANIFEST,
      '--group=heavy',
      '--compare',
      'tutorial',
      '--svg',
      'a.svg',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^100 tasks in \d+ s\n +tasks-worker-heavy +tutorial, default window \(300 s\) +tutorial, window 0\n/);
    expect(stdout).toMatch(/^ {2}tasks handed back +\d+ +\d+ +\d+$/m);
    expect(readFileSync(join(folder, 'a.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  test('prints the same figures for the same load', () => {
    const words = ['--load', 'load.csv', '--manifest', MANIFEST];
    expect(run(...words).stdout).toBe(run(...words).stdout);
    expect(run(...words, '--seed', '2').stdout).not.toBe(run(...words).stdout);
  });

  test('explains itself', () => expect(run('--help')).toMatchObject({ status: 0, stdout: HELP, stderr: '' }));

  test.each<[string, string[], string]>([
    [
      'a file that is not there',
      ['--load', 'none.csv'],
      'simulate: none.csv: cannot be read -> name a CSV file; --help says what is in it\n',
    ],
    [
      'a bad load',
      ['--load', 'bad.csv'],
      'simulate: 1 problem:\n  bad.csv:2 tasks: got "many" -> must be a whole number from 0 -> write how many tasks arrived\n',
    ],
    ['a missing manifest', ['--load', 'load.csv'], 'simulate: dist/production.k8s.yaml: no such file -> run "npx cdk8s synth" first\n'],
    [
      'an unknown group',
      ['--load', 'load.csv', '--manifest', MANIFEST, '--group', 'hevy'],
      'must be a group of workers that a ScaledObject scales -> did you mean "heavy"?\n',
    ],
    [
      'a chart that cannot be written',
      ['--load', 'load.csv', '--manifest', MANIFEST, '--svg', 'no/a.svg'],
      'simulate: no/a.svg: cannot be written -> name a file in a folder that exists\n',
    ],
  ])('refuses %s', (_, words, message) => expect(run(...words)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) }));
});

describe('readOptions', () => {
  test('has the defaults that --help says', () => {
    expect(readOptions(['--load', 'a.csv'])).toEqual({
      load: 'a.csv',
      manifest: 'dist/production.k8s.yaml',
      group: undefined,
      taskSeconds: 2,
      distribution: 'exponential',
      startSeconds: 10,
      concurrency: undefined,
      machines: 3,
      seed: 1,
      deletionCost: true,
      svg: undefined,
      compareTutorial: false,
    });
    for (const value of ['[2]', '[10]', '[3]', '[1]', '[exponential]', '[dist/production.k8s.yaml]']) expect(HELP).toContain(value);
  });

  test('reads every option', () =>
    expect(
      readOptions(
        '--load=a --manifest m --group g --task-seconds 0.5 --distribution constant --start-seconds 0 --concurrency 8 --machines 5 --seed 9 --no-deletion-cost --compare tutorial --svg s'.split(
          ' ',
        ),
      ),
    ).toEqual({
      load: 'a',
      manifest: 'm',
      group: 'g',
      taskSeconds: 0.5,
      distribution: 'constant',
      startSeconds: 0,
      concurrency: 8,
      machines: 5,
      seed: 9,
      deletionCost: false,
      svg: 's',
      compareTutorial: true,
    }));

  test('refuses everything that is wrong at once', () =>
    expect(
      problemsIn(() => readOptions(['--lod', 'a.csv', '--task-seconds', '0', '--seed=x', '--compare', 'tutorials', '--group'])),
    ).toEqual([
      'arguments: got "--lod" -> is not an option -> did you mean "--load"?',
      '--group: got nothing -> must have a value -> write --group VALUE',
      '--load: got nothing -> must name a CSV file -> give --load load.csv; --help says more',
      '--task-seconds: got "0" -> must be a number from 0.001 to 86400 -> change it',
      '--seed: got "x" -> must be a whole number from 0 to 4294967295 -> change it',
      '--compare: got "tutorials" -> must be tutorial -> did you mean "tutorial"?',
    ]));

  test('refuses a name that is there twice, and a value for a flag', () => {
    expect(problemsIn(() => readOptions(['--load', 'a', '--load', 'b']))).toEqual(['--load: got "b" -> is there twice -> remove one']);
    expect(problemsIn(() => readOptions(['--load', 'a', '--no-deletion-cost=no']))).toEqual([
      '--no-deletion-cost: got "no" -> takes no value -> write --no-deletion-cost',
    ]);
  });
});
