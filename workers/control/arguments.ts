import { constants } from 'node:os';
import type { CommandArguments } from './command';
import { CommandError, type RateLimit, type TerminationSignal } from './controlled-worker';

/** As many as are remembered. */
const MOST_IDS = 50_000;

/** One task id or a list of them. */
export function idsIn(args: CommandArguments, name: string): string[] {
  const value = args[name] ?? [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  if (ids.length > MOST_IDS) throw new CommandError('ValueError', `${ids.length} task ids, at most ${MOST_IDS} at once`);
  if (!ids.every((id) => typeof id === 'string')) throw new CommandError('TypeError', `${name} must be a task id or a list of them`);
  return [...new Set(ids)];
}

export function textIn(args: CommandArguments, name: string): string {
  const value = args[name];
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > 255)
    throw new CommandError('TypeError', `${name} must be a text of 1 to 255 bytes`);
  return value;
}

export function wholeNumberIn(args: CommandArguments, name: string, fallback: number, least: number, most: number): number {
  const value = args[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new CommandError('ValueError', `${name} must be a whole number from ${least} to ${most}`);
  return value;
}

/** Longest time limit: what one timer of Node can wait. */
const MOST_SECONDS = 2 ** 31 / 1000;

/** Seconds, or `null` for none; Celery takes 0 for none, too. */
export function secondsIn(args: CommandArguments, name: string): number | null {
  const value = args[name] ?? null;
  if (value === null || value === 0) return null;
  if (typeof value !== 'number' || !(value > 0 && value < MOST_SECONDS))
    throw new CommandError('ValueError', `${name} must be a number of seconds over 0, or null`);
  return value;
}

/** `SIGTERM`, `TERM` or 15; SIGTERM when there is none. */
export function signalIn(args: CommandArguments): TerminationSignal {
  const value = args['signal'] ?? 'SIGTERM';
  const wanted = typeof value === 'string' ? value.toUpperCase() : JSON.stringify(value);
  const found = Object.entries(constants.signals).find(
    ([name, number]) => name === wanted || name === `SIG${wanted}` || String(number) === wanted,
  );
  if (!found) throw new CommandError('ValueError', `unknown signal: ${wanted.slice(0, 50)}`);
  return { name: found[0] as NodeJS.Signals, number: found[1] };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/**
 * Celery's rate: `10/m`, `5/s`, `2/h`, or a number, which is per second. Nothing, an empty text and 0 mean no limit.
 * @throws CommandError for anything else
 */
export function rateIn(value: unknown): RateLimit | null {
  if (value === null || value === undefined || value === '') return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const [number = '', unit = 's'] = text.split('/', 2);
  const seconds = Object.hasOwn(SECONDS, unit) ? SECONDS[unit] : undefined;
  const isNumber = /^\s*\d+(\.\d+)?\s*$/.test(number) && Number(number) <= 1e6;
  if (!isNumber || seconds === undefined) throw new CommandError('ValueError', `could not convert string to float: '${text.slice(0, 50)}'`);
  return Number(number) === 0 ? null : { text, perSecond: Number(number) / seconds };
}

/** `{name: value or values}`, or the list `["name=value"]` that `celery control` sends. */
export function stampsIn(args: CommandArguments, name: string): Record<string, unknown> {
  const value = args[name];
  if (Array.isArray(value)) {
    const pairs = (value as unknown[]).slice(0, MOST_IDS).map((each) => String(each).split('=', 2));
    if (!pairs.every((pair) => pair.length === 2)) throw new CommandError('ValueError', `${name} must be written name=value`);
    return Object.fromEntries(pairs) as Record<string, unknown>;
  }
  if (typeof value !== 'object' || value === null) throw new CommandError('TypeError', `${name} must be an object or a list`);
  return value as Record<string, unknown>;
}
