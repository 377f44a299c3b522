import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, render, TaskCluster } from '../../constructs';
import { problemsIn, REPOSITORY } from '../support/manifests';

/** A user's compiled main.js: every environment brings the fields of its own task system. */
const PROGRAM = `
const { synth, TaskCluster } = require(${JSON.stringify(join(REPOSITORY, 'lib/constructs'))});
const environments = JSON.parse(process.argv[2]);
synth(environments, (chart, { props, crash }) => {
  if (crash) throw new TypeError('a mistake in the program itself');
  new TaskCluster(chart, 'Tasks', { image: 'worker:1.0', queues: { small: {} }, workers: { general: { queues: ['small'] } }, ...props });
});
`;

const GOOD = { name: 'good', namespace: 'tasks-good' };
const BAD = [
  { name: 'first', namespace: 'tasks-first', props: { image: 'worker', workers: { general: { queues: ['smal'] } } } },
  GOOD,
  { name: 'second', namespace: 'Tasks', props: { virtualHost: '' } },
];

describe('synth', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warren-synth-'));
    writeFileSync(join(folder, 'main.js'), PROGRAM);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the program in a folder of its own, so that it would write to dist/ there. */
  const run = (environments: unknown, variables: Record<string, string> = {}) => {
    const { CDK8S_OUTDIR: _, DEBUG: __, ...inherited } = process.env;
    const options = { cwd: folder, encoding: 'utf8', env: { ...inherited, ...variables } } as const;
    return spawnSync(process.execPath, ['main.js', JSON.stringify(environments)], options);
  };

  test('writes one manifest for each environment', () => {
    expect(run([GOOD, { name: 'other', namespace: 'tasks-other' }])).toMatchObject({ status: 0, stderr: '', stdout: '' });
    expect(readdirSync(join(folder, 'dist'))).toEqual(['good.k8s.yaml', 'other.k8s.yaml']);
  });

  test('refuses with exit code 1 and the problems of all environments, each on a line of its own', () => {
    const { status, stderr, stdout } = run(BAD);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      '4 problems:',
      '  first.image: got "worker" -> must name a tag or a digest -> write "worker:1.0.0"',
      '  first.workers.general.queues[0]: got "smal" -> is not a declared queue -> did you mean "small"?',
      expect.stringMatching(/^ {2}environments\[2\]\.namespace: got "Tasks" -> .* -> rename it/),
      expect.stringMatching(/^ {2}second\.virtualHost: got "" -> /),
    ]);
  });

  test('refuses without writing anything, not even for the environments that are right', () => {
    run(BAD);
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  test('refuses without touching what was written before', () => {
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'good.k8s.yaml'), 'as it was');
    run(BAD);
    expect(readdirSync(join(folder, 'dist'))).toEqual(['good.k8s.yaml']);
    expect(readFileSync(join(folder, 'dist', 'good.k8s.yaml'), 'utf8')).toBe('as it was');
  });

  test('refuses without a stack trace unless DEBUG is set', () => {
    const trace = /^ +at .*\.js:\d+/m;
    expect(run(BAD).stderr).not.toMatch(trace);
    const { status, stderr } = run(BAD, { DEBUG: '1' });
    expect(status).toBe(1);
    expect(stderr).toMatch(trace);
    expect(stderr).toContain('first.image: got "worker"');
  });

  test('keeps the stack trace of a mistake in the program itself', () => {
    const { status, stderr } = run([{ ...GOOD, crash: true }]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/TypeError: a mistake in the program itself\n +at /);
  });
});

describe('render', () => {
  const build = (environments: readonly Environment[]) => render(environments, () => undefined);

  test('gives the application without writing it', () =>
    expect(build([GOOD, { name: 'other', namespace: 'x' }]).charts.map((chart) => [chart.node.id, chart.namespace])).toEqual([
      ['good', 'tasks-good'],
      ['other', 'x'],
    ]));

  test.each(['Good', 'a/b', '1st', 'x'.repeat(41)])('refuses the environment name %j', (name) =>
    expect(problemsIn(() => build([{ name, namespace: 'x' }]))).toEqual([expect.stringMatching(/^environments\[0\]\.name: got /)]),
  );

  test('refuses two environments of one name', () =>
    expect(problemsIn(() => build([GOOD, { ...GOOD, namespace: 'x' }]))).toEqual([
      'environments[1].name: got "good" -> is also the name of environments[0] -> give each environment its own name',
    ]));

  test.each(['', undefined])('refuses the environment name %j', (name) =>
    expect(problemsIn(() => build(JSON.parse(JSON.stringify([{ name, namespace: 'x' }]))))).toEqual([
      expect.stringMatching(/^environments\[0\]\.name: got /),
    ]),
  );

  test('refuses problems under the name of their environment', () => {
    const problems = problemsIn(() =>
      render(
        [GOOD],
        (chart) => new TaskCluster(chart, 'Tasks', { image: 'worker', queues: { small: {} }, workers: { general: { queues: ['small'] } } }),
      ),
    );
    expect(problems).toEqual([expect.stringMatching(/^good\.image: got "worker" -> /)]);
  });
});
