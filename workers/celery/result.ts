import { errorMessage } from '../error-message';
/** Why a task failed, as Celery writes it: the class, its arguments, and the module Python looks the class up in. */
export interface WireException {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[];
  readonly exc_module: string;
}

/** How a task ended, in Celery's words. */
export type TaskOutcome =
  | { readonly status: 'SUCCESS'; readonly result: unknown }
  | { readonly status: 'FAILURE' | 'REVOKED'; readonly exception: WireException; readonly traceback: string | null };

/** A state on the way to an outcome. */
export type TaskProgress =
  /** To be run again; without an exception when the task just asked for it. */
  | { readonly status: 'RETRY'; readonly exception: WireException | null; readonly traceback: string | null }
  /** A state of Celery (`STARTED`) or of the task's own (`PROGRESS`) with what it says. */
  | { readonly status: string & {}; readonly meta: unknown };

/** Python's class of the errors that Warren throws under Celery's names. */
const CELERY_MODULES: Readonly<Record<string, string>> = { SoftTimeLimitExceeded: 'billiard.exceptions' };
/** Python finds these under `builtins`; any other name arrives there as a new class of that name. */
const PYTHON_BUILTINS = new Set(['TypeError', 'SyntaxError']);

export function failure(error: unknown): FailureOutcome {
  const { name, message, stack, constructor } = error instanceof Error ? error : new Error(String(error));
  // A subclass that did not set its name is better known by its class.
  const type = name === 'Error' ? constructor.name : name;
  const exception = {
    exc_type: type,
    exc_message: [message],
    exc_module: CELERY_MODULES[type] ?? (PYTHON_BUILTINS.has(type) ? 'builtins' : 'js'),
  };
  return { status: 'FAILURE', exception, traceback: stack === undefined ? null : stack + causesOf(error) };
}

/** Causes of causes that are told, at most. */
const DEEPEST_CAUSE = 5;

function causesOf(error: unknown, depth = 0): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined || depth === DEEPEST_CAUSE) return '';
  const text = cause instanceof Error ? (cause.stack ?? errorMessage(cause)) : errorMessage(cause);
  return `\nCaused by: ${text}${causesOf(cause, depth + 1)}`;
}

/** Over its hard time limit. */
export function timeLimitExceeded(seconds: number): FailureOutcome {
  return failureOf('TimeLimitExceeded', [seconds], 'billiard.exceptions');
}

/** Its thread or child process died. */
export function workerLost(detail: string): FailureOutcome {
  return failureOf('WorkerLostError', [detail], 'billiard.exceptions');
}

/** Refused by the task; Celery 5.7 stores it so. */
export function rejected(reason: string): TaskOutcome {
  return failureOf('Reject', [reason, false], 'celery.exceptions');
}

/** Not run, or stopped: `expired`, `revoked` or `terminated`. */
export function revoked(why: 'expired' | 'revoked' | 'terminated'): TaskOutcome {
  return {
    status: 'REVOKED',
    exception: { exc_type: 'TaskRevokedError', exc_message: [why], exc_module: 'celery.exceptions' },
    traceback: null,
  };
}

export function notRegistered(task: string): TaskOutcome {
  return failureOf('NotRegistered', [task], 'celery.exceptions');
}

/** A value that JSON has no words for. */
export function notJson(error: unknown): FailureOutcome {
  return failureOf('EncodeError', [`the task's value is not JSON: ${errorMessage(error)}`], 'kombu.exceptions');
}

type FailureOutcome = Extract<TaskOutcome, { exception: WireException }>;

function failureOf(exc_type: string, exc_message: readonly unknown[], exc_module: string): FailureOutcome {
  return { status: 'FAILURE', exception: { exc_type, exc_message, exc_module }, traceback: null };
}

/**
 * The body of a result message. A value that is no JSON becomes a failure, as in Celery (`EncodeError`).
 */
export function encodeResult(id: string, outcome: TaskOutcome | TaskProgress, now: Date): Buffer {
  try {
    return encode(id, outcome, now);
  } catch (error) {
    return encode(id, notJson(error), now);
  }
}

function encode(id: string, outcome: TaskOutcome | TaskProgress, now: Date): Buffer {
  const ready = READY.has(outcome.status);
  return Buffer.from(
    JSON.stringify({
      task_id: id,
      status: outcome.status,
      result: resultOf(outcome),
      traceback: 'traceback' in outcome ? outcome.traceback : null,
      children: [],
      date_done: ready ? now.toISOString().replace('Z', '000+00:00') : null,
    }),
  );
}

function resultOf(outcome: TaskOutcome | TaskProgress): unknown {
  if ('exception' in outcome) return outcome.exception;
  return ('meta' in outcome ? outcome.meta : outcome.result) ?? null;
}

const READY = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

/**
 * Reads a result message of any Celery version.
 * @returns `undefined` for a state that is not the last one (STARTED, RETRY, a custom one)
 * @throws Error when the message is no result
 */
export function decodeResult(content: Buffer): { id: string; outcome: TaskOutcome } | undefined {
  const body = JSON.parse(content.toString()) as { task_id?: unknown; status?: unknown; result?: unknown; traceback?: unknown };
  if (typeof body.task_id !== 'string' || typeof body.status !== 'string') throw new Error('not a Celery result: no task_id or status');
  if (!READY.has(body.status)) return undefined;
  const id = body.task_id;
  if (body.status === 'SUCCESS') return { id, outcome: { status: 'SUCCESS', result: body.result } };
  const { exc_type = 'Exception', exc_message = [], exc_module = 'builtins' } = (body.result ?? {}) as Partial<WireException>;
  const exception = { exc_type, exc_message: Array.isArray(exc_message) ? exc_message : [exc_message], exc_module };
  const traceback = typeof body.traceback === 'string' ? body.traceback : null;
  return { id, outcome: { status: body.status === 'REVOKED' ? 'REVOKED' : 'FAILURE', exception, traceback } };
}
