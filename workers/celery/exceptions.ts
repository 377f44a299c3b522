import { errorMessage } from '../error-message';
import { pythonRepr } from './repr';

/** Why a task failed, as Celery writes it: the class, its arguments, and the module Python looks the class up in. */
export interface WireException {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[];
  readonly exc_module: string;
}

/** A task that ended badly. */
export interface BadOutcome {
  readonly status: 'FAILURE' | 'REVOKED';
  readonly exception: WireException;
  readonly traceback: string | null;
}

/** Python finds these under `builtins`; any other name arrives there as a new class of that name. */
const PYTHON_BUILTINS = new Set(['TypeError', 'SyntaxError']);

/** What was thrown, as an exception of Python. The module `js` exists nowhere, so that no class of Python is taken for ours. */
export function wireException(error: unknown): WireException {
  const { name, message, constructor } = asError(error);
  // A subclass that did not set its name is better known by its class.
  const type = name === 'Error' ? constructor.name : name;
  return { exc_type: type, exc_message: [message], exc_module: PYTHON_BUILTINS.has(type) ? 'builtins' : 'js' };
}

/** An exception as Python shows it: `ValueError('no good')`. */
export function exceptionRepr({ exc_type: type, exc_message: args }: WireException): string {
  return `${type}(${args.map((each) => pythonRepr(each)).join(', ')})`;
}

/** The task threw. */
export function failure(error: unknown): BadOutcome {
  const { stack } = asError(error);
  return { status: 'FAILURE', exception: wireException(error), traceback: stack === undefined ? null : stack + causesOf(error) };
}

/** Causes of causes that are told, at most. */
const DEEPEST_CAUSE = 5;

function causesOf(error: unknown, depth = 0): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined || depth === DEEPEST_CAUSE) return '';
  const text = cause instanceof Error ? (cause.stack ?? errorMessage(cause)) : errorMessage(cause);
  return `\nCaused by: ${text}${causesOf(cause, depth + 1)}`;
}

/** Nobody here knows the task. */
export function notRegistered(task: string): BadOutcome {
  return failed('celery.exceptions', 'NotRegistered', task);
}

/** The task ran longer than it may and was ended. */
export function timeLimitExceeded(seconds: number): BadOutcome {
  return failed('billiard.exceptions', 'TimeLimitExceeded', seconds);
}

/** The task was told that its time is up, and let the error through. */
export function softTimeLimitExceeded(): BadOutcome {
  return failed('billiard.exceptions', 'SoftTimeLimitExceeded');
}

/** What ran the task was killed or crashed. @param message for example `Worker exited prematurely: signal 9 (SIGKILL)` */
export function workerLost(message: string): BadOutcome {
  return failed('billiard.exceptions', 'WorkerLostError', message);
}

/** The task refused its message for good, which goes to the dead letters. */
export function rejectedByTask(reason: string | null): BadOutcome {
  return failed('celery.exceptions', 'Reject', reason, false);
}

/** The task asked for one more retry than it has, and had no error of its own to end with. */
export function maxRetriesExceeded(task: string, id: string): BadOutcome {
  return failed('celery.exceptions', 'MaxRetriesExceededError', `Can't retry ${task}[${id}]: no retries left`);
}

/** The task's value cannot be sent. */
export function notEncodable(message: string): BadOutcome {
  return failed('kombu.exceptions', 'EncodeError', message);
}

/** The task did not run, or not to its end: it waited too long, was taken back before it started, or was ended by the command `revoke`. */
export function revoked(why: 'expired' | 'revoked' | 'terminated'): BadOutcome {
  return { ...failed('celery.exceptions', 'TaskRevokedError', why), status: 'REVOKED' };
}

/** Celery's answer to a task that waited longer than it was allowed to. */
export const EXPIRED: BadOutcome = revoked('expired');

function failed(module: string, type: string, ...args: readonly unknown[]): BadOutcome {
  return { status: 'FAILURE', exception: { exc_type: type, exc_message: args, exc_module: module }, traceback: null };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
