import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { errorMessage } from '../error-message';
import { isUnsafeInteger, replaceNumbers, scanJson } from './json-numbers';
import { type DecodeLimits, DEFAULT_LIMITS } from './limits';
import { fromTagged, INVALID } from './python-types';
import { Rejected } from './rejected';

/** The key of a marked value may be written with escapes. */
const TAG = '__type__';
const ESCAPED_TAG = /\\u00[567]/;

/**
 * Reads JSON as Celery writes it, strictly: nothing is guessed and no number changes. Of keys that come twice the last counts, as in
 * Python; `__proto__` is a key like any other; half a surrogate pair, written as an escape, is kept and is sent on as the same escape.
 *
 * @throws Rejected `decode-error`, `too-large`, `too-deep`, `unsafe-number` or `invalid-value`
 */
export function decodeJson(input: string | Buffer, limits: DecodeLimits = DEFAULT_LIMITS): unknown {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (size > limits.maxBodyBytes) throw new Rejected('too-large', `${size} bytes; at most ${limits.maxBodyBytes} are accepted`);
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  // Before the parser, which takes a second for millions of levels.
  const finding = scanJson(text, limits.maxDepth);
  if (finding === 'too-deep') throw new Rejected('too-deep', `nested deeper than ${limits.maxDepth} levels`);
  const value = parse(text);
  if (finding === 'large-numbers') refuseUnsafeNumbers(text);
  return mayBeTagged(text) ? replaceValues(value, readTagged) : value;
}

/**
 * Reads JSON without losing it over details: what comes too late to be refused, such as a result. Integers beyond 2^53 - 1 become `bigint`,
 * NaN and Infinity are numbers, what is marked as a type that it is not stays as it stands; size and depth are not limited.
 *
 * @throws SyntaxError when it is no JSON at all
 */
export function decodeJsonLeniently(input: Buffer): unknown {
  const text = input.toString();
  const unusual = /(?<![\d.])\d{16}|NaN|Infinity/.test(text);
  const value: unknown = JSON.parse(unusual ? replaceNumbers(text, markNumber) : text);
  return unusual || mayBeTagged(text) ? replaceValues(value, readLeniently) : value;
}

/** Not Buffer.toString, which puts a question mark in the place of wrong bytes. A byte order mark stays, and is no JSON. */
function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Rejected('decode-error', 'not UTF-8');
  return bytes.toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Rejected('decode-error', errorMessage(error));
  }
}

function refuseUnsafeNumbers(text: string): void {
  replaceNumbers(text, (literal) => {
    if (isUnsafeInteger(literal)) throw new Rejected('unsafe-number', `${literal} is beyond 2^53 - 1`);
    if (!Number.isFinite(Number(literal))) throw new Rejected('unsafe-number', `${literal} is beyond the largest number`);
    return literal;
  });
}

function readTagged(value: unknown): unknown {
  if (!isTagged(value)) return value;
  const read = fromTagged(value);
  if (read === INVALID) throw new Rejected('invalid-value', `not a ${String(value['__type__'])}: ${JSON.stringify(value['__value__'])}`);
  return read;
}

/** Marks numbers that JSON.parse would change or refuse. Nobody else knows the mark, so that no text is mistaken for one. */
const MARK = randomUUID();

/** Python itself writes and reads no more digits, because time grows with their square; longer ones stay text. */
const MOST_DIGITS = 4300;

function markNumber(literal: string): string {
  const kept = /^-?\d/.test(literal) && !isUnsafeInteger(literal);
  return kept ? literal : JSON.stringify(MARK + literal);
}

function readLeniently(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) {
    const literal = value.slice(MARK.length);
    if (!/\d/.test(literal)) return Number(literal);
    return literal.length > MOST_DIGITS ? literal : BigInt(literal);
  }
  if (!isTagged(value)) return value;
  const read = fromTagged(value);
  return read === INVALID ? value : read;
}

function mayBeTagged(text: string): boolean {
  return text.includes(TAG) || ESCAPED_TAG.test(text);
}

/** kombu's rule: exactly these two keys. */
function isTagged(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, '__type__') &&
    Object.keys(value).length === 2 &&
    '__value__' in value
  );
}

/**
 * Puts `replace(value)` in the place of each value, outermost first, in the parsed JSON itself. What was replaced is not entered. Without
 * recursion: results may be nested deeper than the stack.
 */
function replaceValues(root: unknown, replace: (value: unknown) => unknown): unknown {
  const holder = { root };
  const pending: Record<string, unknown>[] = [holder];
  for (let container = pending.pop(); container !== undefined; container = pending.pop()) {
    for (const key of Object.keys(container)) {
      const value = container[key];
      const replaced = replace(value);
      // JSON.parse made the key an own one, `__proto__` too: assigning changes that and no prototype.
      if (replaced !== value) container[key] = replaced;
      else if (typeof value === 'object' && value !== null) pending.push(value as Record<string, unknown>);
    }
  }
  return holder.root;
}
