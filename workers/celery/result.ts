import { errorMessage } from '../error-message';
import { pythonRepr } from './repr';

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

/** Python finds these under `builtins`; any other name arrives there as a new class of that name. */
const PYTHON_BUILTINS = new Set(['TypeError', 'SyntaxError']);

export function failure(error: unknown): TaskOutcome {
  const { name, message, stack, constructor } = error instanceof Error ? error : new Error(String(error));
  // A subclass that did not set its name is better known by its class.
  const type = name === 'Error' ? constructor.name : name;
  const exception = { exc_type: type, exc_message: [message], exc_module: PYTHON_BUILTINS.has(type) ? 'builtins' : 'js' };
  return { status: 'FAILURE', exception, traceback: stack ?? null };
}

/** Celery's answer to a task that waited longer than it was allowed to. */
export const EXPIRED: TaskOutcome = {
  status: 'REVOKED',
  exception: { exc_type: 'TaskRevokedError', exc_message: ['expired'], exc_module: 'celery.exceptions' },
  traceback: null,
};

/** Celery's answer to a task that was revoked before it started. */
export const REVOKED: TaskOutcome = {
  status: 'REVOKED',
  exception: { exc_type: 'TaskRevokedError', exc_message: ['revoked'], exc_module: 'celery.exceptions' },
  traceback: null,
};

/** An exception as Python shows it: `ValueError('no good')`. */
export function exceptionRepr({ exc_type: type, exc_message: args }: WireException): string {
  return `${type}(${args.map((each) => pythonRepr(each)).join(', ')})`;
}

export function notRegistered(task: string): TaskOutcome {
  return {
    status: 'FAILURE',
    exception: { exc_type: 'NotRegistered', exc_message: [task], exc_module: 'celery.exceptions' },
    traceback: null,
  };
}

/**
 * The body of a result message. A value that is no JSON becomes a failure, as in Celery (`EncodeError`).
 */
export function encodeResult(id: string, outcome: TaskOutcome, now: Date): Buffer {
  try {
    return encode(id, outcome, now);
  } catch (error) {
    const message = `the task's value is not JSON: ${errorMessage(error)}`;
    const exception = { exc_type: 'EncodeError', exc_message: [message], exc_module: 'kombu.exceptions' };
    return encode(id, { status: 'FAILURE', exception, traceback: null }, now);
  }
}

function encode(id: string, outcome: TaskOutcome, now: Date): Buffer {
  const succeeded = outcome.status === 'SUCCESS';
  return Buffer.from(
    JSON.stringify({
      task_id: id,
      status: outcome.status,
      result: succeeded ? (outcome.result ?? null) : outcome.exception,
      traceback: succeeded ? null : outcome.traceback,
      children: [],
      date_done: now.toISOString().replace('Z', '000+00:00'),
    }),
  );
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
