import { types } from 'node:util';
import { isoTime } from './iso-time';
import { fromTagged, INVALID, type PythonUuid } from './python-types';

/** Celery shortens representations to this many characters. */
const LONGEST = 1024;

/** A value as Python's `repr` would print it: what Celery puts into `argsrepr` and what Flower shows. */
export function pythonRepr(value: unknown): string {
  return shortened(represent(value, LONGEST));
}

/** Positional arguments as a Python tuple: `(2, 3)`, `('a',)`, `()`. */
export function tupleRepr(values: readonly unknown[]): string {
  const inner = joined(values, LONGEST, represent);
  return shortened(values.length === 1 ? `(${inner},)` : `(${inner})`);
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

/** Levels of lists and objects that are shown. */
const DEEPEST = 50;

/** Stops soon after `room` characters: of megabytes of arguments only the beginning is shown. */
function represent(value: unknown, room: number, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value, room);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return 'None';
  if (depth > DEEPEST) return '...';
  if (Array.isArray(value)) return `[${joined(value, room, (item, left) => represent(item, left, depth + 1))}]`;
  return representObject(value, room, depth);
}

function representObject(value: object, room: number, depth: number): string {
  if (types.isDate(value)) return dateRepr(value);
  if (types.isUint8Array(value)) return `b${quoted(Buffer.from(value.subarray(0, room + 1)).toString('latin1'), room)}`;
  const typed = taggedRepr(value);
  if (typed !== undefined) return typed;
  const entry = ([key, item]: [string, unknown], left: number) => `${quoted(key, left)}: ${represent(item, left, depth + 1)}`;
  return `{${joined(Object.entries(value), room, entry)}}`;
}

function dateRepr(date: Date): string {
  if (isoTime(date) === undefined) return 'None';
  const day = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
  return `datetime.datetime(${[...day, ...secondsRepr(date.getUTCSeconds(), date.getUTCMilliseconds() * 1000)].join(', ')}, ${UTC})`;
}

const UTC = 'tzinfo=datetime.timezone.utc';

/** Python leaves out what is 0 at the end. */
function secondsRepr(seconds: number, microseconds: number): number[] {
  if (microseconds > 0) return [seconds, microseconds];
  return seconds > 0 ? [seconds] : [];
}

/** The types that stay the objects they are on the wire; see `PythonDate`. */
function taggedRepr(value: object): string | undefined {
  const { __type__: type, __value__: content } = value as Readonly<Record<string, unknown>>;
  if (typeof type !== 'string' || content === undefined || fromTagged({ __type__: type, __value__: content }) === INVALID) return undefined;
  if (type === 'uuid') return `UUID('${(content as PythonUuid['__value__']).hex.replace(UUID_PARTS, '$1-$2-$3-$4-$5')}')`;
  if (typeof content !== 'string') return undefined;
  if (type === 'decimal') return `Decimal('${content}')`;
  if (type === 'date') return `datetime.date(${content.split('-').map(Number).join(', ')})`;
  return type === 'time' ? timeRepr(content) : undefined;
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

function timeRepr(text: string): string {
  const [, hours, minutes, seconds = 0, fraction = '', offset = ''] = /^(..):(..)(?::(..)(?:\.(\d+))?)?(.*)$/.exec(text) ?? [];
  const parts = [Number(hours), Number(minutes), ...secondsRepr(Number(seconds), Number(fraction.slice(0, 6).padEnd(6, '0')))];
  const zone = /^(Z|\+00:?00)$/.test(offset) ? UTC : offset && `tzinfo=${offset}`;
  return `datetime.time(${[...parts, ...(zone === '' ? [] : [zone])].join(', ')})`;
}

function joined<T>(items: readonly T[], room: number, representItem: (item: T, room: number) => string): string {
  let text = '';
  for (const item of items) {
    if (text.length > room) break;
    text += (text === '' ? '' : ', ') + representItem(item, room - text.length);
  }
  return text;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Most texts: ASCII without anything to escape. */
const PLAIN = /^[ !#-&(-[\]-~]*$/;

/** Python prefers single quotes, and double ones when the text holds single quotes only. */
function quoted(whole: string, room: number): string {
  const text = whole.slice(0, Math.max(room, 0) + 1);
  if (PLAIN.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (char) => {
    if (char === quote || char === '\\') return `\\${char}`;
    const code = char.charCodeAt(0);
    return code < 32 || code === 127 ? (SHORT_ESCAPES[char] ?? `\\x${code.toString(16).padStart(2, '0')}`) : char;
  });
  return quote + escaped.join('') + quote;
}
