import { types } from 'node:util';
import { isoTime } from './iso-time';
import { DEFAULT_LIMITS } from './limits';

/** A value or an option of a task that cannot be sent. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}

/** What JSON.stringify would turn into `{}`. By kind and not by class, because a value may come from another realm. */
const NO_JSON: readonly ((value: unknown) => boolean)[] = [
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isPromise,
  types.isRegExp,
  types.isNativeError,
  types.isAnyArrayBuffer,
  types.isArrayBufferView,
];

/** Strings that need no escapes. Half a surrogate pair does: it has no UTF-8, but an escape, which Python writes and reads as well. */
// oxlint-disable-next-line no-control-regex
const ESCAPED = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * Writes a value as JSON that Celery reads back as the same types; the table at `PythonDate` says which become which. A property that is
 * `undefined` is left out; objects with `toJSON` are asked; of other class instances the own properties are written.
 *
 * @param name what the value is, for the text of an error
 * @throws EncodeError with the place of what has no JSON (undefined in a list, a function, NaN, a Map, ...), or of a nesting deeper than
 * 200, which is also how a value that holds itself is found
 */
export function encodeJson(value: unknown, name = 'the value'): string {
  try {
    return write(value, 0);
  } catch (error) {
    throw placed(name, error);
  }
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? 'null' : writeObject(value, depth + 1);
    case 'undefined':
      throw new EncodeError(' is undefined, which JSON lacks; null it has');
    case 'function':
    case 'symbol':
    default:
      throw new EncodeError(` is a ${typeof value}, which JSON lacks`);
  }
}

function writeString(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** What JavaScript writes like an integer but does not hold as one goes as a float: Python would read other digits than were meant. */
function writeNumber(number: number): string {
  if (!Number.isFinite(number)) throw new EncodeError(` is ${number}, which JSON lacks`);
  if (Object.is(number, -0)) return '-0.0';
  const text = String(number);
  return Math.abs(number) > Number.MAX_SAFE_INTEGER && !text.includes('e') ? `${text}.0` : text;
}

function writeObject(value: object, depth: number): string {
  if (depth > DEFAULT_LIMITS.maxDepth) throw new EncodeError(` is nested deeper than ${DEFAULT_LIMITS.maxDepth} levels, or holds itself`);
  if (Array.isArray(value)) return writeList(value, depth);
  if (types.isDate(value)) return writeTagged('datetime', writeTime(value));
  if (types.isUint8Array(value)) return writeBytes(value);
  if (NO_JSON.some((is) => is(value))) throw new EncodeError(` is a ${value.constructor.name}, which JSON lacks`);
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth);
  return writeEntries(value as Readonly<Record<string, unknown>>, depth);
}

function writeList(list: readonly unknown[], depth: number): string {
  let text = '[';
  let index = 0;
  try {
    for (; index < list.length; index++) text += (index > 0 ? ',' : '') + write(list[index], depth);
  } catch (error) {
    throw placed(`[${index}]`, error);
  }
  return `${text}]`;
}

function writeEntries(object: Readonly<Record<string, unknown>>, depth: number): string {
  let text = '';
  let key = '';
  try {
    for (key of Object.keys(object)) {
      const value = object[key];
      if (value !== undefined) text += `${text === '' ? '' : ','}${writeString(key)}:${write(value, depth)}`;
    }
  } catch (error) {
    throw placed(`.${key}`, error);
  }
  return `{${text}}`;
}

function writeTime(time: Date): string {
  const text = isoTime(time);
  if (text === undefined) throw new EncodeError(` is a Date outside of the years 1 to 9999, or none`);
  return text;
}

/** kombu's rule: as text where the bytes are one. */
function writeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString();
  return Buffer.from(text).equals(buffer) ? writeTagged('bytes', text) : writeTagged('base64', buffer.toString('base64'));
}

function writeTagged(type: string, value: string): string {
  return `{"__type__":"${type}","__value__":${writeString(value)}}`;
}

/** The same error, one level further out. Any other error comes from a getter or `toJSON` of the value. */
function placed(place: string, error: unknown): unknown {
  return error instanceof EncodeError ? new EncodeError(place + error.message) : error;
}
