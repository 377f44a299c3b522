import type { MessageProperties } from './task-message';

/** AMQP's limit for names of headers and for properties that are texts. */
const LONGEST_SHORT_BYTES = 255;
/** Tables in tables: far more than anybody needs. */
const DEEPEST = 100;
const INT64 = 2 ** 63;
const UINT64 = 2 ** 64;

/**
 * Properties and headers of a received message, in a form in which they can be sent once more. What AMQP can carry and a client library
 * reads is not always what it writes: numbers that are none, texts that were not UTF-8 and have become longer, tables that look like its
 * own notation of a type. Nearly all messages stay as they are.
 */
export function sendableProperties<P extends MessageProperties>(properties: P): P {
  const kept = Object.entries(properties).filter(([name, value]) => name === 'headers' || isSendable(value));
  const { headers } = properties;
  return { ...(Object.fromEntries(kept) as P), ...(headers && { headers: sendableHeaders(headers) }) };
}

export function sendableHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return table(headers, 0);
}

function isSendable(value: unknown): boolean {
  if (typeof value === 'string') return Buffer.byteLength(value) <= LONGEST_SHORT_BYTES;
  return typeof value !== 'number' || (value >= 0 && value < UINT64);
}

function table(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [shortName(name), sendable(value, depth)]));
}

function sendable(value: unknown, depth: number): unknown {
  // A library that guesses the type of a number takes for an integer what is none.
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < INT64 ? value : { '!': 'double', value };
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (depth >= DEEPEST) return '(nested too deep)';
  if (Array.isArray(value)) return value.map((item) => sendable(item, depth + 1));
  return Object.hasOwn(value, '!') ? typed(value as Readonly<Record<string, unknown>>) : table(value as Record<string, unknown>, depth + 1);
}

/** The library's notation of a timestamp or decimal; anything else with that key is somebody's table, and is sent as JSON text. */
function typed(notation: Readonly<Record<string, unknown>>): unknown {
  const { '!': type, value } = notation;
  if (type === 'timestamp' && typeof value === 'number') return value < UINT64 ? notation : { '!': 'double', value };
  if (type === 'decimal' && typeof value === 'object' && value !== null && 'places' in value && 'digits' in value) return notation;
  return JSON.stringify(notation).slice(0, LONGEST_SHORT_BYTES);
}

function shortName(name: string): string {
  // A character takes up to four bytes, three in each half of a pair.
  return Buffer.byteLength(name) <= LONGEST_SHORT_BYTES ? name : name.slice(0, LONGEST_SHORT_BYTES / 3);
}
