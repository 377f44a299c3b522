const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?`;
const OFFSET = String.raw`(Z|[+-]\d\d:?\d\d(?::?\d\d(?:\.\d{1,6})?)?)?`;
const DATE_TIME = new RegExp(`^${DATE}(?:[T ]${CLOCK}${OFFSET})?$`);
const TIME = new RegExp(`^${CLOCK}${OFFSET}$`);

const MINUTE_MS = 60_000;

/**
 * Reads an ISO 8601 time as Python writes it: years 1 to 9999, microseconds (cut to milliseconds), an offset below a day. Strict where
 * JavaScript's own parser is not: there is no 30th of February. @returns `undefined` when it is no such time
 */
export function parseIsoTime(text: string): { readonly time: Date; readonly naive: boolean } | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const offset = offsetMs(match[8]);
  if (offset === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const time = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 as 1900 to 1999.
  time.setUTCFullYear(year, month - 1, day);
  if (year < 1 || time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day) return undefined;
  time.setUTCHours(hour, minute, second, Number((match[7] ?? '').slice(0, 3).padEnd(3, '0')));
  return { time: new Date(time.getTime() - offset), naive: match[8] === undefined };
}

/** Whether a text is a time of day as Python's `time.isoformat` writes it. */
export function isTimeOfDay(text: string): boolean {
  const match = TIME.exec(text);
  return match !== null && Number(match[1]) < 24 && Number(match[2]) < 60 && Number(match[3] ?? 0) < 60 && offsetMs(match[5]) !== undefined;
}

/** Whether a text is a date as Python's `date.isoformat` writes it. */
export function isDate(text: string): boolean {
  return text.length === 10 && parseIsoTime(text) !== undefined;
}

/**
 * A time as Python's `datetime.isoformat` writes an aware one: `2026-01-02T03:04:05.678000+00:00`.
 * @returns `undefined` for what Python cannot hold: an invalid date, a year outside of 1 to 9999
 */
export function isoTime(time: Date): string | undefined {
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time.toISOString().replace('Z', '000+00:00') : undefined;
}

/** Milliseconds of `Z`, `+01:00`, `-0530` or no offset; `undefined` when it is a day or more. */
function offsetMs(text: string | undefined): number | undefined {
  if (text === undefined || text === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = (text.match(/\d\d(?:\.\d+)?/g) ?? []).map(Number);
  if (hours > 23 || minutes > 59 || seconds >= 60) return undefined;
  return (text.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * MINUTE_MS + Math.trunc(seconds * 1000));
}
