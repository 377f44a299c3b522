import { hostname } from 'node:os';
import { pythonRepr, tupleRepr } from './repr';
import { errorMessage } from '../error-message';

/** AMQP properties that Celery's protocol 2 uses, under amqplib's names. */
export interface MessageProperties {
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly priority?: number | undefined;
  readonly expiration?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** A task as it travels: Celery message protocol 2. */
export interface TaskMessage {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Queue of the caller's results; nothing is answered without one. */
  readonly replyTo: string | undefined;
  /** `null`: the task itself decides. */
  readonly ignoreResult: boolean | null;
  readonly retries: number;
  /** Not to run before this time. */
  readonly eta: Date | null;
  /** Not to run after this time. */
  readonly expires: Date | null;
  readonly rootId: string;
  readonly parentId: string | null;
  /** What the caller, or its configuration, allows; `null`: the task's own limits hold. */
  readonly timeLimit: { readonly hardSeconds: number | null; readonly softSeconds: number | null };
  /** Headers that the protocol does not know. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Why a message cannot be run; the text stands in the `x-reject-reason` header of the dead letter. */
export type RejectReason =
  | 'content-disallowed'
  | 'decode-error'
  | 'unknown-format'
  | 'missing-id'
  | 'invalid-body'
  | 'invalid-header'
  | 'unsupported'
  | 'unregistered'
  /** A defect of the worker; the message may be good. */
  | 'internal-error';

/** A message that cannot be run. */
export class Rejected extends Error {
  override readonly name = 'Rejected';

  constructor(
    readonly reason: RejectReason,
    detail: string,
  ) {
    super(`${reason}: ${detail}`);
  }
}

/** @throws Rejected with a reason; anything else would be a defect, because messages come from anywhere */
export function decodeTask(content: Buffer, properties: MessageProperties): TaskMessage {
  const headers = properties.headers ?? {};
  const { task, id } = headers;
  if (typeof task !== 'string') throw new Rejected('unknown-format', 'no header "task" (Celery protocol 2)');
  if (typeof id !== 'string' || id === '') throw new Rejected('missing-id', 'no header "id"');
  const [args, kwargs, embed] = decodeBody(content, properties);
  refuseCanvas(embed);
  return {
    id,
    task,
    args,
    kwargs,
    replyTo: properties.replyTo,
    ignoreResult: typeof headers['ignore_result'] === 'boolean' ? headers['ignore_result'] : null,
    retries: wholeNumber(headers, 'retries'),
    eta: time(headers, 'eta'),
    expires: time(headers, 'expires'),
    rootId: typeof headers['root_id'] === 'string' ? headers['root_id'] : id,
    parentId: typeof headers['parent_id'] === 'string' ? headers['parent_id'] : null,
    timeLimit: timeLimit(headers),
    headers: {},
  };
}

type Body = [args: unknown[], kwargs: Record<string, unknown>, embed: Record<string, unknown>];

function decodeBody(content: Buffer, { contentType, contentEncoding, headers }: MessageProperties): Body {
  if (contentType !== 'application/json')
    throw new Rejected('content-disallowed', `content type ${String(contentType)}; only application/json is accepted`);
  if (headers?.['compression'] !== undefined) throw new Rejected('unsupported', `compression ${JSON.stringify(headers['compression'])}`);
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'utf-8') {
    throw new Rejected('content-disallowed', `content encoding ${contentEncoding}; only utf-8 is accepted`);
  }
  const body = parse(content);
  if (!Array.isArray(body) || body.length !== 3) throw new Rejected('invalid-body', 'the body is not [args, kwargs, embed]');
  const [args, kwargs, embed] = body as unknown[];
  if (!Array.isArray(args)) throw new Rejected('invalid-body', 'args is not a list');
  if (!isObject(kwargs)) throw new Rejected('invalid-body', 'kwargs is not an object');
  if (embed !== null && !isObject(embed)) throw new Rejected('invalid-body', 'embed is not an object');
  return [args, kwargs, embed ?? {}];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(content));
  } catch (error) {
    throw new Rejected('decode-error', errorMessage(error));
  }
}

/** To run the task and forget the rest of its canvas would lose work without a trace. */
function refuseCanvas(embed: Record<string, unknown>): void {
  for (const part of ['callbacks', 'errbacks', 'chain', 'chord']) {
    const value = embed[part];
    const empty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (!empty) throw new Rejected('unsupported', `canvas: ${part}`);
  }
}

function wholeNumber(headers: Readonly<Record<string, unknown>>, name: string): number {
  const value = headers[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new Rejected('invalid-header', `${name} is not a whole number from 0`);
}

/** Celery writes microseconds and an offset; a time without one is taken as UTC. */
function time(headers: Readonly<Record<string, unknown>>, name: string): Date | null {
  const value = headers[name];
  if (value === null || value === undefined) return null;
  const match = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(value);
  const date = match ? new Date(match[3] ? match[0] : `${match[0]}Z`) : undefined;
  if (!date || Number.isNaN(date.getTime())) throw new Rejected('invalid-header', `${name} is not an ISO 8601 time`);
  return date;
}

function timeLimit(headers: Readonly<Record<string, unknown>>): TaskMessage['timeLimit'] {
  const [hard, soft] = (headers['timelimit'] ?? [null, null]) as [number | null, number | null];
  return { hardSeconds: hard ?? null, softSeconds: soft ?? null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a client says of a task besides its arguments. */
export interface EncodeOptions {
  readonly id: string;
  readonly replyTo?: string | undefined;
  readonly priority?: number;
  readonly ignoreResult?: boolean;
}

const ORIGIN = `gen${process.pid}@${hostname()}`;

/** The properties and body of a call, field by field as Celery's own clients write them. */
export function encodeTask(
  task: string,
  args: readonly unknown[],
  options: EncodeOptions,
): { properties: MessageProperties; content: Buffer } {
  const { id, replyTo, priority = 0, ignoreResult = false } = options;
  return {
    content: encodeBody(args),
    properties: {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: id,
      replyTo,
      priority,
      headers: {
        lang: 'js',
        task,
        id,
        shadow: null,
        eta: null,
        expires: null,
        group: null,
        group_index: null,
        retries: 0,
        timelimit: [null, null],
        root_id: id,
        parent_id: null,
        argsrepr: tupleRepr(args),
        kwargsrepr: pythonRepr({}),
        origin: ORIGIN,
        ignore_result: ignoreResult,
        replaced_task_nesting: 0,
        stamped_headers: null,
        stamps: {},
      },
    },
  };
}

function encodeBody(args: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]));
}

/** Size of a call's arguments, as size routes measure it. */
export function argumentBytes(args: readonly unknown[]): number {
  return Buffer.byteLength(JSON.stringify([args, {}]));
}
