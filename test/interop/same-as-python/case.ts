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
  /** States the caller of Celery's worker is told, and what the last one says, so that the case is what it is meant to be. */
  readonly told: readonly [order: string, value?: string];
  /** The same where the caller is Celery 5.6. @default - as `told` */
  readonly told56?: readonly [order: string, value?: string];
  /** Everything that is not the same, by decision. @default - all is the same */
  readonly differences?: readonly Difference[];
}

export interface Difference {
  readonly reason: string;
  /** By place in the report: what our worker does, what Celery's does. Nothing there: undefined; a whole entry: `THERE`. */
  readonly at: Readonly<Record<string, readonly [ours: unknown, theirs: unknown]>>;
}

/** What was told and seen of one call. */
export interface Outcome {
  readonly states: { readonly order: string } & Readonly<Record<string, unknown>>;
  readonly events: { readonly order: string } & Readonly<Record<string, unknown>>;
  readonly 'dead letter': string | null;
}

export const THERE = 'there';

/** Where two reports differ, and how. */
export function differencesBetween(ours: unknown, theirs: unknown, path = ''): Record<string, [unknown, unknown]> {
  if (isObject(ours) && isObject(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    return Object.assign({}, ...keys.map((key) => differencesBetween(ours[key], theirs[key], path === '' ? key : `${path} / ${key}`)));
  }
  return ours === theirs ? {} : { [path]: [isObject(ours) ? THERE : ours, isObject(theirs) ? THERE : theirs] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
