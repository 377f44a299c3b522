import { isDate, isTimeOfDay, parseIsoTime } from './iso-time';

/**
 * Values that JSON lacks, as Celery (kombu) writes them: `{"__type__": ..., "__value__": ...}`, both ways.
 *
 * | Python | here | sent back to Python as |
 * |---|---|---|
 * | `datetime` | `Date`; microseconds are cut to milliseconds, a naive time is taken as UTC | `datetime`, aware, `+00:00` |
 * | `date` | `PythonDate`, made by `pythonDate('2026-01-02')` | `date` |
 * | `time` | `PythonTime`, made by `pythonTime('01:02:03')` | `time`, microseconds and offset kept |
 * | `Decimal` | `PythonDecimal`, made by `pythonDecimal('1.10')` | `Decimal`, every digit kept |
 * | `UUID` | `PythonUuid`, made by `pythonUuid('6ba7b810-...')` | `UUID` |
 * | `bytes` (both `bytes` and `base64` on the wire) | `Buffer`; a `Uint8Array` in the thread of a `cpu` task | `bytes`; any `Uint8Array` may be given |
 * | `int` up to 2^53 - 1 | `number` | `int` |
 * | a larger `int` | refused in a message (`unsafe-number`); `bigint` in a result | `int`, from a `bigint` |
 * | `float` | `number` | `float`; one without a fraction below 2^53 arrives as `int`, because JavaScript cannot tell 2.0 from 2 |
 * | an unknown `__type__` | the object as it stands (Python refuses it, unless its type was registered there) | the same object |
 *
 * Date, time, decimal and UUID stay the objects they are on the wire and become no classes: so they also pass to a thread and back, where
 * instances of classes lose their type, and arrive as what they were.
 */
export interface PythonDate {
  readonly __type__: 'date';
  /** ISO 8601, for example `2026-01-02`. */
  readonly __value__: string;
}

/** Python's `time`; see `PythonDate` for all types. */
export interface PythonTime {
  readonly __type__: 'time';
  /** ISO 8601, for example `01:02:03.000004+01:00`. */
  readonly __value__: string;
}

/** Python's `Decimal`; see `PythonDate` for all types. */
export interface PythonDecimal {
  readonly __type__: 'decimal';
  /** Decimal digits, for example `1.10`, or `1E+5`, `NaN`, `-Infinity`. */
  readonly __value__: string;
}

/** Python's `UUID`; see `PythonDate` for all types. */
export interface PythonUuid {
  readonly __type__: 'uuid';
  readonly __value__: {
    /** 32 hexadecimal digits without hyphens. */
    readonly hex: string;
  };
}

/** @throws RangeError when the text is no ISO 8601 date */
export function pythonDate(text: string): PythonDate {
  return checked({ __type__: 'date', __value__: text });
}

/** @throws RangeError when the text is no ISO 8601 time of day */
export function pythonTime(text: string): PythonTime {
  return checked({ __type__: 'time', __value__: text });
}

/** @throws RangeError when the text is no decimal number */
export function pythonDecimal(text: string): PythonDecimal {
  return checked({ __type__: 'decimal', __value__: text });
}

/** @param text with or without hyphens @throws RangeError when the text is no UUID */
export function pythonUuid(text: string): PythonUuid {
  return checked({ __type__: 'uuid', __value__: { hex: text.replaceAll('-', '').toLowerCase() } });
}

/** The mark that a value which Python would refuse gives. */
export const INVALID = Symbol('invalid');

/** What an object with exactly `__type__` and `__value__` stands for: a value, the object itself, or INVALID. */
export function fromTagged(object: Readonly<Record<string, unknown>>): unknown {
  const value = object['__value__'];
  const { __type__: type } = object;
  if (type === 'uuid') return isUuid(value) ? object : INVALID;
  const read = typeof type === 'string' ? READERS.get(type) : undefined;
  if (!read) return object;
  return typeof value === 'string' ? read(value, object) : INVALID;
}

type Reader = (text: string, object: unknown) => unknown;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['datetime', (text) => parseIsoTime(text)?.time ?? INVALID],
  ['date', keptIf(isDate)],
  ['time', keptIf(isTimeOfDay)],
  ['decimal', keptIf(isDecimal)],
  ['bytes', (text) => (/\p{Cs}/u.test(text) ? INVALID : Buffer.from(text))],
  ['base64', readBase64],
]);

function keptIf(valid: (text: string) => boolean): Reader {
  return (text, object) => (valid(text) ? object : INVALID);
}

/** Buffer.from passes over everything that is no base64; writing it again tells. */
function readBase64(text: string): unknown {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : INVALID;
}

function isDecimal(text: string): boolean {
  return /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|s?nan\d*)$/i.test(text);
}

function isUuid(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  const { hex } = value as { readonly hex?: unknown };
  return typeof hex === 'string' && /^[\da-f]{32}$/i.test(hex);
}

function checked<T extends PythonDate | PythonTime | PythonDecimal | PythonUuid>(tagged: T): T {
  if (fromTagged({ ...tagged }) === INVALID) throw new RangeError(`not a value of this type: ${JSON.stringify(tagged)}`);
  return tagged;
}
