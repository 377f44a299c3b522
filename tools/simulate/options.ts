import { type Problem, suggest, throwIfAny } from '../../workers/problems';
import { DISTRIBUTIONS, type Distribution } from './random';

/** What the command line says. */
export interface Options {
  readonly load: string;
  readonly manifest: string;
  /** `undefined`: the first group that is scaled. */
  readonly group: string | undefined;
  readonly taskSeconds: number;
  readonly distribution: Distribution;
  readonly startSeconds: number;
  /** `undefined`: what the manifest says. */
  readonly concurrency: number | undefined;
  readonly machines: number;
  readonly seed: number;
  readonly deletionCost: boolean;
  readonly svg: string | undefined;
  readonly compareTutorial: boolean;
}

export const HELP = `Tries a group of workers and its autoscaler on a load, without a cluster.

  npm run simulate -- --load load.csv [options]
  warren-simulate --load load.csv [options]

  --load FILE             CSV with "second,tasks" or "timestamp,count", and, if you like, a column "seconds" (mean duration)
  --manifest FILE         rendered manifest                                    [dist/production.k8s.yaml]
  --group NAME            group of workers                                     [the first one that is scaled]
  --task-seconds N        mean duration of tasks whose row does not say        [2]
  --distribution D        constant or exponential                              [exponential]
  --start-seconds N       from a pod's creation to its first task              [10]
  --concurrency N         tasks a worker runs at once                          [what the manifest says]
  --machines N            machines the pods are spread over                    [3]
  --seed N                another draw of durations                            [1]
  --no-deletion-cost      workers do not publish how busy they are
  --compare tutorial      adds what tutorials show, for the same load
  --svg FILE              writes a chart of tasks, pods and busy pods
  --help                  prints this

docs/simulation.md says what the model knows and what it does not.
`;

const VALUES = [
  'load',
  'manifest',
  'group',
  'task-seconds',
  'distribution',
  'start-seconds',
  'concurrency',
  'machines',
  'seed',
  'compare',
  'svg',
] as const;
const FLAGS = ['no-deletion-cost'] as const;
const NAMES = [...VALUES, ...FLAGS].map((name) => `--${name}`);

/**
 * Reads `--name value` and `--name=value`.
 * @throws InvalidConfiguration with everything that is wrong
 */
export function readOptions(words: readonly string[]): Options {
  const problems: Problem[] = [];
  const given = collect(words, problems);
  const number = (name: (typeof VALUES)[number], least: number, most: number, whole: boolean): number | undefined => {
    const text = given.get(`--${name}`);
    const value = text?.trim() === '' ? Number.NaN : Number(text);
    const fits = value >= least && value <= most && (!whole || Number.isInteger(value));
    if (text !== undefined && !fits)
      problems.push({
        path: `--${name}`,
        got: text,
        rule: `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`,
        fix: 'change it',
      });
    return text === undefined ? undefined : value;
  };
  const oneOf = <T extends string>(name: (typeof VALUES)[number], allowed: readonly T[]): T | undefined => {
    const text = given.get(`--${name}`);
    if (text !== undefined && !allowed.includes(text as T))
      problems.push({ path: `--${name}`, got: text, rule: `must be ${allowed.join(' or ')}`, fix: suggest(text, allowed) });
    return text as T | undefined;
  };
  const load = given.get('--load');
  if (load === undefined)
    problems.push({ path: '--load', got: undefined, rule: 'must name a CSV file', fix: 'give --load load.csv; --help says more' });
  const options: Options = {
    load: load ?? '',
    manifest: given.get('--manifest') ?? 'dist/production.k8s.yaml',
    group: given.get('--group'),
    taskSeconds: number('task-seconds', 0.001, 86_400, false) ?? 2,
    distribution: oneOf('distribution', DISTRIBUTIONS) ?? 'exponential',
    startSeconds: number('start-seconds', 0, 3600, false) ?? 10,
    concurrency: number('concurrency', 1, 10_000, true),
    machines: number('machines', 1, 10_000, true) ?? 3,
    seed: number('seed', 0, 2 ** 32 - 1, true) ?? 1,
    deletionCost: !given.has('--no-deletion-cost'),
    svg: given.get('--svg'),
    compareTutorial: oneOf('compare', ['tutorial']) !== undefined,
  };
  throwIfAny(problems);
  return options;
}

function collect(words: readonly string[], problems: Problem[]): Map<string, string> {
  const given = new Map<string, string>();
  const flags: readonly string[] = FLAGS.map((flag) => `--${flag}`);
  for (let index = 0; index < words.length; index++) {
    const [, name = '', attached] = /^([^=]*)(?:=(.*))?$/s.exec(words[index] ?? '') ?? [];
    // A word that does not begin with -- is its value, so that one mistake is one problem.
    const following = words[index + 1]?.startsWith('--') ? undefined : words[index + 1];
    const value = attached ?? (flags.includes(name) ? undefined : following);
    if (attached === undefined && value !== undefined) index++;
    if (!NAMES.includes(name)) problems.push({ path: 'arguments', got: name, rule: 'is not an option', fix: suggest(name, NAMES) });
    else if (given.has(name)) problems.push({ path: name, got: value, rule: 'is there twice', fix: 'remove one' });
    else if (flags.includes(name) && value !== undefined)
      problems.push({ path: name, got: value, rule: 'takes no value', fix: `write ${name}` });
    else if (!flags.includes(name) && !value)
      problems.push({ path: name, got: value, rule: 'must have a value', fix: `write ${name} VALUE` });
    given.set(name, value ?? '');
  }
  return given;
}
