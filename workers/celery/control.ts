import { errorMessage } from '../error-message';
import type { MessageProperties } from './message';
import { matchesNodeName } from './node-name-match';
import { pythonRepr } from './repr';

/** Exchanges of remote control, not durable, as Celery declares them. */
export const CONTROL_EXCHANGE = 'celery.pidbox';
export const REPLY_EXCHANGE = 'reply.celery.pidbox';
/** Ends the names of all queues of remote control; permissions build on it. */
export const CONTROL_QUEUE_SUFFIX = '.celery.pidbox';
/** How Celery declares its queues of remote control: gone 10 s after their last user, messages gone after 5 minutes. */
export const CONTROL_QUEUE = {
  durable: false,
  autoDelete: true,
  exclusive: true,
  arguments: { 'x-expires': 10_000, 'x-message-ttl': 300_000 },
} as const;

/** One call of a control command. */
export interface ControlRequest {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Node names; `null` means all that the pattern fits. */
  readonly destination: readonly string[] | null;
  readonly pattern: string | null;
  readonly matcher: string | null;
  /** `null`: nobody waits for an answer. */
  readonly replyTo: { readonly exchange: string; readonly routingKey: string } | null;
  readonly ticket: unknown;
  /** Lamport clock of the sender, as it came. */
  readonly clock: unknown;
}

/** A control message that is none. */
export class InvalidControlMessage extends Error {
  override readonly name = 'InvalidControlMessage';
}

/** 50,000 task ids fit in; what is larger would hold up the tasks while it is parsed. */
const LARGEST_BYTES = 4 * 2 ** 20;
/** Clocks of different machines differ. */
const EXPIRY_TOLERANCE_SECONDS = 5;

/** @throws InvalidControlMessage; anything else would be a defect, because messages come from anywhere */
export function decodeControlRequest(content: Buffer, properties: MessageProperties, nowMs: number): ControlRequest {
  const headers = properties.headers ?? {};
  const { expires } = headers;
  if (typeof expires === 'number' && expires > 0 && expires + EXPIRY_TOLERANCE_SECONDS < nowMs / 1000) {
    throw new InvalidControlMessage('expired');
  }
  const body = parse(content, properties);
  const { method, destination = null, pattern = null, matcher = null, reply_to: replyTo = null } = body;
  if (typeof method !== 'string' || method === '' || method.length > 100) throw new InvalidControlMessage('no method');
  const args = body['arguments'] ?? {};
  if (!isObject(args)) throw new InvalidControlMessage('arguments are not an object');
  return {
    method,
    arguments: args,
    destination: names(destination),
    pattern: text(pattern, 'pattern'),
    matcher: text(matcher, 'matcher'),
    replyTo: replyAddress(replyTo),
    ticket: body['ticket'] ?? null,
    clock: headers['clock'],
  };
}

function parse(content: Buffer, { contentType, contentEncoding, headers }: MessageProperties): Record<string, unknown> {
  if (content.length > LARGEST_BYTES) throw new InvalidControlMessage(`${content.length} bytes, at most ${LARGEST_BYTES} are read`);
  if (contentType !== 'application/json') throw new InvalidControlMessage(`content type ${String(contentType)}`);
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'utf-8')
    throw new InvalidControlMessage(`content encoding ${contentEncoding}`);
  if (headers?.['compression'] !== undefined) throw new InvalidControlMessage('it is compressed');
  let body: unknown;
  try {
    body = JSON.parse(content.toString());
  } catch (error) {
    throw new InvalidControlMessage(errorMessage(error));
  }
  if (!isObject(body)) throw new InvalidControlMessage('the body is not an object');
  return body;
}

function names(value: unknown): readonly string[] | null {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((name) => typeof name === 'string')) throw new InvalidControlMessage('destination is not a list of names');
  return list;
}

function text(value: unknown, field: string): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') throw new InvalidControlMessage(`${field} is not a text`);
  return value;
}

function replyAddress(value: unknown): ControlRequest['replyTo'] {
  if (value === null || value === '') return null;
  if (!isObject(value)) throw new InvalidControlMessage('reply_to is not an object');
  const { exchange, routing_key: routingKey } = value;
  if (typeof exchange !== 'string' || typeof routingKey !== 'string' || Buffer.byteLength(routingKey) > 255) {
    throw new InvalidControlMessage('reply_to has no exchange and routing_key');
  }
  return { exchange, routingKey };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a request is meant for this node.
 * @throws Error for a pattern or matcher that is none
 */
export function isMeantFor(nodeName: string, { destination, pattern, matcher }: ControlRequest): boolean {
  if (destination) return destination.includes(nodeName);
  return pattern && matcher ? matchesNodeName(nodeName, pattern, matcher) : true;
}

export interface EncodedMessage {
  readonly content: Buffer;
  readonly properties: MessageProperties;
}

const JSON_PROPERTIES = { contentType: 'application/json', contentEncoding: 'utf-8', priority: 0 } as const;

/** RabbitMQ takes messages of at most 16 MiB. */
const LARGEST_REPLY_BYTES = 8 * 2 ** 20;

/** An answer; one that cannot be sent becomes one that says so. */
export function encodeControlReply(nodeName: string, reply: unknown, ticket: unknown, clock: number): EncodedMessage {
  return { content: encodeReply(nodeName, reply), properties: { ...JSON_PROPERTIES, headers: { ticket, clock } } };
}

function encodeReply(nodeName: string, reply: unknown): Buffer {
  const body = (value: unknown) => Buffer.from(JSON.stringify({ [nodeName]: value ?? null }));
  try {
    const content = body(reply);
    return content.length <= LARGEST_REPLY_BYTES ? content : body(errorReply('ValueError', `the reply has ${content.length} bytes`));
  } catch (error) {
    return body(errorReply('TypeError', errorMessage(error)));
  }
}

/** What a worker broadcasts to all others, when it wants their answers. */
export function encodeControlRequest(
  method: string,
  args: Readonly<Record<string, unknown>>,
  { ticket, replyKey, clock, expiresAtMs }: { ticket: string; replyKey: string; clock: number; expiresAtMs: number },
): EncodedMessage {
  const body = {
    method,
    arguments: args,
    destination: null,
    pattern: null,
    matcher: null,
    ticket,
    reply_to: { exchange: REPLY_EXCHANGE, routing_key: replyKey },
  };
  return {
    content: Buffer.from(JSON.stringify(body)),
    properties: { ...JSON_PROPERTIES, headers: { clock, expires: expiresAtMs / 1000 } },
  };
}

/** Celery answers with the representation of the Python exception: `{"error": "KeyError('name')"}`. */
export function errorReply(type: string, message: string): { readonly error: string } {
  return { error: `${type}(${pythonRepr(message)})` };
}
