import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  ENVIRONMENT,
  LOG_ENVIRONMENT,
  RESULTS_ENVIRONMENT,
  SECRETS_ENVIRONMENT,
  TLS_ENVIRONMENT,
  TOPOLOGY_ENVIRONMENT,
} from '../../workers/environment';
import { USAGE } from '../../workers/usage';

const VARIABLES = [ENVIRONMENT, TLS_ENVIRONMENT, RESULTS_ENVIRONMENT, TOPOLOGY_ENVIRONMENT, SECRETS_ENVIRONMENT, LOG_ENVIRONMENT].flatMap(
  (group) => Object.values<string>(group),
);
const LINES = USAGE.split('\n');

describe('what --help prints', () => {
  it.each(VARIABLES)('explains %s', (name) => {
    expect(LINES).toContainEqual(expect.stringMatching(new RegExp(`^  ${name} {2,}\\S`)));
  });

  it('explains no variable that is none', () => {
    const explained = LINES.flatMap((line) => /^ {2}([A-Z_]+) {2,}/.exec(line)?.[1] ?? []);
    expect(explained.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  it('fits on a screen', () => expect(LINES.filter((line) => line.length > 140)).toEqual([]));
});

describe('main.js', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(__dirname, '../../lib/workers/main.js'), ...args], { encoding: 'utf8' });

  it.each([[['--help']], [['worker', '--help']]])('%j: help, and that is all', (args) => {
    expect(run(...args)).toMatchObject({ status: 0, stdout: USAGE, stderr: '' });
  });

  it.each([[[]], [['wroker']], [['worker', '--fast']]])('%j: no command of ours', (args) => {
    expect(run(...args)).toMatchObject({ status: 2, stdout: '', stderr: USAGE });
  });
});
