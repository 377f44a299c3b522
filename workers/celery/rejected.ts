import { printable } from './printable';

/** Why a message cannot be run; the text stands in the `x-reject-reason` header of the dead letter. docs/tasks.md says what to do. */
export const REJECT_REASONS = [
  /** Content type, charset or content encoding is none that is accepted: only JSON in UTF-8 is, and other bytes are not looked at. */
  'content-disallowed',
  /** The body is no JSON: broken, cut short, not UTF-8, NaN or Infinity, or its compression is damaged. */
  'decode-error',
  /** No Celery task: neither a header `task` (protocol 2) nor a body with one (protocol 1). */
  'unknown-format',
  /** A task without an id: nobody could be answered. */
  'missing-id',
  /** JSON, but not `[args, kwargs, embed]` (protocol 2) or `{args, kwargs, ...}` (protocol 1) with values of those types. */
  'invalid-body',
  /** A field of the task (a header; in protocol 1 of the body) or a property has a value of the wrong type or range. */
  'invalid-header',
  /** A value marked with `__type__` that is no such value, for example a datetime "soon". */
  'invalid-value',
  /** The body, or what it decompresses to, is longer than the worker's limit. */
  'too-large',
  /** Lists and objects in the body are nested deeper than the worker's limit. */
  'too-deep',
  /** A number that JavaScript cannot hold: an integer beyond 2^53 - 1, which would be rounded, or one that would become Infinity. */
  'unsafe-number',
  /** Valid, but nothing this worker can do: a canvas, or a compression that it lacks. */
  'unsupported',
  /** No task of that name in this worker. */
  'unregistered',
  /** A defect of the worker; the message may be good. */
  'internal-error',
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];

/** Every reason that a dead letter can have: also those of tasks that ran. */
export const DEAD_LETTER_REASONS = [
  ...REJECT_REASONS,
  /** The task failed, and is declared with `acknowledgeFailure: false`. */
  'task-failed',
  /** The task threw `Reject`. */
  'rejected',
  /** A task of a broadcast asked to be delivered again, which its queue cannot count. */
  'not-repeated',
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** The detail may quote what anybody sent: it is cut and escaped before it gets into logs and headers. */
const LONGEST_DETAIL = 200;

/** A message that cannot be run. */
export class Rejected extends Error {
  override readonly name = 'Rejected';

  constructor(
    readonly reason: RejectReason,
    detail: string,
  ) {
    super(`${reason}: ${printable(detail, LONGEST_DETAIL)}`);
  }
}
