/** A call that a Python client makes to a worker of Celery's and to ours. */
export interface Case {
  readonly name: string;
  readonly task: string;
  /** With `__type__` and `__value__` for types that JSON lacks. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options of `send_task`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Celery's message protocol. @default 2 */
  readonly protocol?: 1 | 2;
  /** The whole body, in place of what a client sends. */
  readonly body?: string;
  /** Headers beside `task` and `id`, with `body`. */
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content_type?: string;
  /** Both workers are told to revoke it before it is sent. @default false */
  readonly revoked?: boolean;
  /** Put the time of the call before the arguments. @default false */
  readonly timed?: boolean;
  /** Nobody is told its end, so that nobody waits for it. @default false */
  readonly silent?: boolean;
  /** Everything that is not the same, by decision. @default - all is the same */
  readonly differences?: readonly Difference[];
}

export interface Difference {
  readonly reason: string;
  /** By place in the report: what our worker does, what Celery's does. Nothing there: undefined. */
  readonly at: Readonly<Record<string, readonly [ours: unknown, theirs: unknown]>>;
}

/** The leaves of a report by their paths. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, path === '' ? key : `${path} / ${key}`));
}

/** Where two reports differ, and how. */
export function differencesBetween(ours: unknown, theirs: unknown): Record<string, [unknown, unknown]> {
  const [left, right] = [new Map(leaves(ours)), new Map(leaves(theirs))];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  const pairs = paths.map((path) => [path, [left.get(path), right.get(path)]] as [string, [unknown, unknown]]);
  return Object.fromEntries(pairs.filter(([, [one, other]]) => one !== other));
}
