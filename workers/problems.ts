/** One thing that is wrong with what a user gave us. */
export interface Problem {
  /** Where: `production.queues.small.maxTaskSeconds`. */
  readonly path: string;
  /** The value found there. */
  readonly got: unknown;
  /** The rule it breaks. */
  readonly rule: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Thrown once with everything that is wrong, so that a user mends it in one go. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';

  constructor(readonly problems: readonly Problem[]) {
    super(
      `${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`,
    );
  }
}

/** `path: got value -> rule -> how to fix` */
export function formatProblem({ path, got, rule, fix }: Problem): string {
  return `${path}: got ${formatValue(got)} -> ${rule} -> ${fix}`;
}

/** @throws InvalidConfiguration when there is any problem */
export function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InvalidConfiguration(problems);
}

/** `did you mean "small"?` for a near miss, else the list of what is allowed. */
export function suggest(word: string, allowed: readonly string[]): string {
  const { candidate, distance } = allowed
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .reduce((best, each) => (each.distance < best.distance ? each : best), { candidate: '', distance: Number.POSITIVE_INFINITY });
  if (distance <= Math.max(2, candidate.length / 3) && distance < candidate.length) return `did you mean "${candidate}"?`;
  return allowed.length === 0 ? 'remove it' : `use one of ${allowed.map((name) => `"${name}"`).join(', ')}`;
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
