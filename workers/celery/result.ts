import { errorMessage } from '../error-message';
import { decodeJsonLeniently } from './decode-json';
import { encodeJson } from './encode-json';
import { type BadOutcome, notEncodable, type WireException } from './exceptions';
import { isObject } from './fields';

export * from './exceptions';

/** How a task ended, in Celery's words. */
export type TaskOutcome = { readonly status: 'SUCCESS'; readonly result: unknown } | BadOutcome;

/** What is told of a task that has not ended. */
export type TaskProgress =
  /** It runs, in the process `pid` of the worker `hostname`. */
  | { readonly status: 'STARTED'; readonly pid: number; readonly hostname: string }
  /** It says how far it is, in its own words. */
  | { readonly status: 'PROGRESS'; readonly meta: unknown }
  /** It failed and will run again; without an exception when it asked for that itself. */
  | { readonly status: 'RETRY'; readonly exception: WireException | null; readonly traceback: string | null };

/** The task that a result is of. */
export interface ResultOf {
  readonly id: string;
  readonly parentId: string | null;
  readonly group: string | null;
}

export interface EncodedResult<S> {
  readonly content: Buffer;
  /** What it says: the state, or that it cannot be sent. */
  readonly told: S | BadOutcome;
}

/**
 * The body of a result message. A value that cannot be sent becomes a failure, as in Celery (`EncodeError`).
 * @param now when the task ended; what has not ended has no such time
 */
export function encodeResult<S extends TaskOutcome | TaskProgress>(of: ResultOf, state: S, now: Date): EncodedResult<S> {
  try {
    return { content: encode(of, state, now), told: state };
  } catch (error) {
    const told = notEncodable(`the task's value is not JSON: ${errorMessage(error)}`);
    return { content: encode(of, told, now), told };
  }
}

function encode({ id: task_id, parentId, group }: ResultOf, state: TaskOutcome | TaskProgress, now: Date): Buffer {
  const { result, traceback } = resultOf(state);
  const { status } = state;
  const date_done = READY.has(status) ? now.toISOString().replace('Z', '000+00:00') : null;
  // The value by itself, so that an error names the place in the value.
  const head = encodeJson({ task_id, status }).slice(0, -1);
  const tail = encodeJson({
    traceback,
    children: [],
    date_done,
    ...(parentId !== null && { parent_id: parentId }),
    ...(group !== null && { group_id: group }),
  }).slice(1);
  return Buffer.from(`${head},"result":${encodeJson(result, 'result')},${tail}`);
}

function resultOf(state: TaskOutcome | TaskProgress): { readonly result: unknown; readonly traceback: string | null } {
  switch (state.status) {
    case 'SUCCESS':
      return { result: state.result ?? null, traceback: null };
    case 'PROGRESS':
      return { result: state.meta ?? null, traceback: null };
    case 'STARTED':
      return { result: { pid: state.pid, hostname: state.hostname }, traceback: null };
    case 'FAILURE':
    case 'REVOKED':
    case 'RETRY':
      return { result: state.exception, traceback: state.traceback };
  }
  return state satisfies never;
}

const READY = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

/**
 * Reads a result message of any Celery version. A result that is there is not thrown away over details: large integers arrive as `bigint`
 * and a value marked as a type that it is not as it stands (see `PythonDate`); size and depth are the worker's affair.
 *
 * @returns `undefined` for a state that is not the last one (STARTED, RETRY, a custom one)
 * @throws Error when the message is no result
 */
export function decodeResult(content: Buffer): { id: string; outcome: TaskOutcome } | undefined {
  const body = decodeJsonLeniently(content);
  if (!isObject(body)) throw new Error('not a Celery result: no object');
  const { task_id: id, status } = body;
  if (typeof id !== 'string' || typeof status !== 'string') throw new Error('not a Celery result: no task_id or status');
  if (status === 'SUCCESS') return { id, outcome: { status, result: body['result'] } };
  return READY.has(status) ? { id, outcome: badOutcome(status === 'REVOKED' ? 'REVOKED' : 'FAILURE', body) } : undefined;
}

function badOutcome(status: 'FAILURE' | 'REVOKED', { result, traceback }: Readonly<Record<string, unknown>>): BadOutcome {
  const { exc_type, exc_message = [], exc_module } = isObject(result) ? result : {};
  const exception = {
    exc_type: typeof exc_type === 'string' ? exc_type : 'Exception',
    exc_message: Array.isArray(exc_message) ? exc_message : [exc_message],
    exc_module: typeof exc_module === 'string' ? exc_module : 'builtins',
  };
  return { status, exception, traceback: typeof traceback === 'string' ? traceback : null };
}
