import { hostname } from 'node:os';
import { type Compression, compress } from './compression';
import { EncodeError, encodeJson } from './encode-json';
import { isCount, isId } from './fields';
import { isoTime } from './iso-time';
import { DEFAULT_LIMITS } from './limits';
import { isDeliveryHeader, isProtocolHeader, protocolHeaders } from './protocol-headers';
import { pythonRepr, tupleRepr } from './repr';
import type { MessageProperties } from './task-message';

/** What a client says of a task besides its positional arguments. */
export interface EncodeOptions {
  readonly id: string;
  /** Queue for the result. @default - no result is sent */
  readonly replyTo?: string | undefined;
  /** Keyword arguments. @default {} */
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** 0 to 255, higher is sooner. @default 0 */
  readonly priority?: number | undefined;
  /** `null`: as the task itself says. @default false */
  readonly ignoreResult?: boolean | null | undefined;
  /** Not to run before this time. @default - at once */
  readonly eta?: Date | undefined;
  /** Not to run after this time; the broker drops the message then. @default - never */
  readonly expires?: Date | undefined;
  /** Seconds until the task is ended. @default - as the task or its worker says */
  readonly timeLimit?: number | undefined;
  /** Seconds until the task is told to come to an end. @default - as the task or its worker says */
  readonly softTimeLimit?: number | undefined;
  /** Runs of this task before this one. @default 0 */
  readonly retries?: number | undefined;
  /** Id of the group it is a member of. @default - none */
  readonly group?: string | undefined;
  /** Position in the group. @default - none */
  readonly groupIndex?: number | undefined;
  /** Name to show in place of the task's. @default - the task's name */
  readonly shadow?: string | undefined;
  /** Headers of the caller's own; the task sees them. @default {} */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Labels that a Python worker copies to follow-up tasks. @default {} */
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  /** For large arguments; every worker of Celery reads zlib, and Brotli where its package is installed. @default - not compressed */
  readonly compression?: Compression | undefined;
  /** Name of the sender. @default gen<pid>@<host> */
  readonly origin?: string | undefined;
  /** First task of the tree. @default - the task itself */
  readonly rootId?: string | undefined;
  /** The task that sends this one. @default - none */
  readonly parentId?: string | undefined;
  /** What Flower and events show in place of the arguments, for example to hide secrets. @default - the arguments, as Python prints them */
  readonly argsrepr?: string | undefined;
  /** The same for keyword arguments. */
  readonly kwargsrepr?: string | undefined;
  /** Longest body in bytes, before compression. @default 4194304, what our workers accept */
  readonly maxBodyBytes?: number | undefined;
  /** @default - the time of the call */
  readonly now?: Date | undefined;
}

/** A message without its address. */
export interface EncodedTask {
  readonly properties: MessageProperties;
  readonly content: Buffer;
}

const ORIGIN = `gen${process.pid}@${hostname()}`;
const HIGHEST_PRIORITY = 255;

/**
 * The properties and body of a call, field by field as Celery's own clients write them.
 * @throws EncodeError when an argument or option cannot be sent
 */
export function encodeTask(task: string, args: readonly unknown[], options: EncodeOptions): EncodedTask {
  refuseOptions(options);
  const { id, replyTo, priority = 0, kwargs = {}, compression } = options;
  const body = encodeBody(args, kwargs, options.maxBodyBytes ?? DEFAULT_LIMITS.maxBodyBytes);
  const compressed = compression && compress(body, compression);
  const headers = {
    ...taskHeaders(task, args, options),
    ...(compressed && { compression: compressed.header }),
    ...customHeaders(options.headers ?? {}),
  };
  const expiration = options.expires && expirationMs(options.expires, options.now ?? new Date());
  return {
    content: compressed ? compressed.content : body,
    properties: {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: id,
      replyTo,
      priority,
      ...(expiration !== undefined && { expiration }),
      headers,
    },
  };
}

/** The AMQP property: milliseconds until then, as text. What has expired is dropped at once, unless a consumer is ready. */
export function expirationMs(expires: Date, now: Date): string {
  return String(Math.max(0, Math.ceil(expires.getTime() - now.getTime())));
}

/** Size of a call's arguments, as size routes measure it. @throws EncodeError when one of them cannot be sent */
export function argumentBytes(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>> = {}): number {
  return Buffer.byteLength(encodeJson([args, kwargs]));
}

function encodeBody(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>, maxBodyBytes: number): Buffer {
  const body = Buffer.from(`[${encodeJson(args, 'args')},${encodeJson(kwargs, 'kwargs')},${NO_CANVAS}]`);
  if (body.length > maxBodyBytes) throw new EncodeError(`the arguments take ${body.length} bytes; at most ${maxBodyBytes} are sent`);
  return body;
}

const NO_CANVAS = encodeJson({ callbacks: null, errbacks: null, chain: null, chord: null });

function taskHeaders(task: string, args: readonly unknown[], options: EncodeOptions): Record<string, unknown> {
  const { id, eta, expires, timeLimit, softTimeLimit, kwargs = {} } = options;
  return protocolHeaders({
    task,
    id,
    shadow: options.shadow ?? null,
    eta: eta ? timeHeader('eta', eta) : null,
    expires: expires ? timeHeader('expires', expires) : null,
    group: options.group ?? null,
    groupIndex: options.groupIndex ?? null,
    retries: options.retries ?? 0,
    timelimit: [timeLimit ?? null, softTimeLimit ?? null],
    rootId: options.rootId ?? id,
    parentId: options.parentId ?? null,
    argsrepr: options.argsrepr ?? tupleRepr(args),
    kwargsrepr: options.kwargsrepr ?? pythonRepr(kwargs),
    origin: options.origin ?? ORIGIN,
    ignoreResult: options.ignoreResult === undefined ? false : options.ignoreResult,
    replacedTaskNesting: 0,
    stamps: options.stamps ?? {},
  });
}

/** @throws EncodeError */
export function timeHeader(name: string, time: Date): string {
  const text = isoTime(time);
  if (text === undefined) throw new EncodeError(`${name} is no time in the years 1 to 9999`);
  return text;
}

function customHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const taken = Object.keys(headers).filter((name) => isProtocolHeader(name) || isDeliveryHeader(name));
  if (taken.length > 0) throw new EncodeError(`headers that Celery or the broker use themselves: ${taken.join(', ')}`);
  return headers;
}

function refuseOptions(options: EncodeOptions): void {
  const { id, priority, retries, groupIndex, timeLimit, softTimeLimit, rootId, parentId, group } = options;
  for (const [name, value] of Object.entries({ id, rootId, parentId, group })) {
    if (value !== undefined && !isId(value)) throw new EncodeError(`${name} is not a text of 1 to 255 bytes`);
  }
  if (priority !== undefined && !isCount(priority, HIGHEST_PRIORITY)) throw new EncodeError('priority is not a whole number from 0 to 255');
  if (retries !== undefined && !isCount(retries)) throw new EncodeError('retries is not a whole number from 0 to 1000000');
  if (groupIndex !== undefined && !isCount(groupIndex, 2 ** 31)) throw new EncodeError('groupIndex is not a whole number from 0');
  for (const [name, seconds] of Object.entries({ timeLimit, softTimeLimit })) {
    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0)) throw new EncodeError(`${name} is not above 0 seconds`);
  }
}
