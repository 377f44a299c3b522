import { types } from 'node:util';
import { parseIsoTime } from './iso-time';
import type { TimeLimit } from './task-message';
import { Rejected } from './rejected';

/** Fields of a task by their names on the wire: the headers of protocol 2, or the body of protocol 1. */
export type Fields = Readonly<Record<string, unknown>>;

/** AMQP's limit for `correlation_id`, in which an id goes back to the caller. */
const LONGEST_ID_BYTES = 255;
/** Far more than names have; a name of such length reaches the log of unknown tasks, not more. */
const LONGEST_TEXT = 65_535;
/** More runs than a task can have in a lifetime; a larger number would only break the arithmetic of a backoff. */
const MOST_RETRIES = 1_000_000;

/** An object of JSON; not one that a marked value has become. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !types.isDate(value);
}

export function isId(value: string): boolean {
  if (PLAIN_ID.test(value)) return true;
  return value !== '' && Buffer.byteLength(value) <= LONGEST_ID_BYTES && !/\p{Cs}/u.test(value);
}

/** Nearly all ids: those of Celery are UUIDs. */
const PLAIN_ID = /^[\w-]{1,64}$/;

/** Id of a task or group; missing, null or empty: none. */
export function idField(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string' && isId(value)) return value;
  throw invalid(name, `not a text of at most ${LONGEST_ID_BYTES} bytes`);
}

export function textField(fields: Fields, name: string): string | null {
  const value = fields[name] ?? null;
  if (value === null || (typeof value === 'string' && value.length <= LONGEST_TEXT)) return value;
  throw invalid(name, `not a text of at most ${LONGEST_TEXT} characters`);
}

export function countField(fields: Fields, name: string, most = MOST_RETRIES): number {
  const value = fields[name] ?? 0;
  if (isCount(value, most)) return value;
  throw invalid(name, `not a whole number from 0 to ${most}`);
}

export function isCount(value: unknown, most = MOST_RETRIES): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

export function flagField(fields: Fields, name: string): boolean | null {
  const value = fields[name] ?? null;
  if (value === null || typeof value === 'boolean') return value;
  throw invalid(name, 'not true, false or null');
}

/** A time without an offset is taken as UTC, as clients of Celery mean it. */
export function timeField(fields: Fields, name: string): Date | null {
  const value = fields[name];
  if (value === null || value === undefined) return null;
  const parsed = typeof value === 'string' ? parseIsoTime(value) : undefined;
  if (!parsed) throw invalid(name, 'not an ISO 8601 time');
  // Protocol 1 says so when its times are those of a zone that it does not name.
  if (parsed.naive && fields['utc'] === false) throw invalid(name, 'a time without an offset, and utc is false');
  return parsed.time;
}

/** `[hard, soft]`; Celery takes 0 as no limit. */
export function timeLimitField(fields: Fields): TimeLimit {
  const value = fields['timelimit'] ?? NO_TIME_LIMIT;
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isSeconds)) {
    throw invalid('timelimit', 'not [hard, soft] in seconds or null');
  }
  const [hard, soft] = value as (number | null)[];
  return { hardSeconds: hard || null, softSeconds: soft || null };
}

const NO_TIME_LIMIT: readonly null[] = [null, null];

function isSeconds(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

export function namesField(fields: Fields, name: string): readonly string[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw invalid(name, 'not a list of texts');
}

export function objectField(fields: Fields, name: string): Readonly<Record<string, unknown>> {
  const value = fields[name] ?? {};
  if (isObject(value)) return value;
  throw invalid(name, 'not an object');
}

export function invalid(name: string, why: string): Rejected {
  return new Rejected('invalid-header', `${name}: ${why}`);
}
