import { problem, type Rule } from '../rules';

interface Field {
  readonly word: string;
  readonly least: number;
  readonly most: number;
  /** Names for the numbers from `least` on. */
  readonly names?: readonly string[];
}

/** The fields that KEDA's cron trigger reads (robfig/cron: standard, without seconds and descriptors; Sunday is 0 and never 7). */
const FIELDS = [
  { word: 'minute', least: 0, most: 59 },
  { word: 'hour', least: 0, most: 23 },
  { word: 'day of the month', least: 1, most: 31 },
  { word: 'month', least: 1, most: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { word: 'day of the week', least: 0, most: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
] as const satisfies readonly Field[];
/** Days of the longest year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** A time that comes again and again; one that never comes would keep KEDA's trigger on for ever. */
export const cronExpression: Rule = (value, path) => {
  const wrong = (rule: string) => [problem(path, value, rule, 'write it like "0 8 * * 1-5": at 8:00 from Monday to Friday')];
  const texts = typeof value === 'string' ? value.trim().split(/\s+/) : [];
  if (texts.length !== FIELDS.length) return wrong('must have five fields: minute, hour, day of the month, month, day of the week');
  const broken = FIELDS.find((field, index) => !texts[index]?.split(',').every((part) => isPart(part, field)));
  if (broken) {
    const { word, least, most } = broken;
    return wrong(`must have the ${word} from ${least} to ${most}, as "*", a number, a range or a list, with an optional "/step"`);
  }
  return comesAgain(texts) ? [] : wrong('never comes: no such month has that day');
};

function isPart(part: string, field: Field): boolean {
  const { first, last, step } = rangeOf(part, field);
  return first >= field.least && last <= field.most && first <= last && step >= 1;
}

/** `*`, `?`, `7`, `mon`, `1-5`, and each of them with `/step`; a number with a step goes on to the end. What is none of these is NaN. */
function rangeOf(part: string, field: Field): { readonly first: number; readonly last: number; readonly step: number } {
  const [range = '', step = '1', ...tooMany] = part.split('/');
  const [from = '', to, ...more] = range.split('-');
  if (tooMany.length + more.length > 0 || !/^\d{1,3}$/.test(step)) return { first: Number.NaN, last: Number.NaN, step: Number.NaN };
  if (range === '*' || range === '?') return { first: field.least, last: field.most, step: Number(step) };
  const first = numberOf(from, field);
  const end = part.includes('/') ? field.most : first;
  return { first, last: to === undefined ? end : numberOf(to, field), step: Number(step) };
}

function numberOf(text: string, { least, names = [] }: Field): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return least + index;
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
}

/** With both kinds of day given, either is enough, and a day of the week always comes; else some month must have one of the days. */
function comesAgain([, , day = '*', month = '*', weekday = '*']: readonly string[]): boolean {
  const [, , dayField, monthField] = FIELDS;
  if (!isAny(day) && !isAny(weekday)) return true;
  const days = numbersOf(day, dayField);
  return numbersOf(month, monthField).some((each) => days.some((number) => number <= (DAYS[each - 1] ?? 0)));
}

function isAny(text: string): boolean {
  return text.split(',').some((part) => /^[*?](\/1)?$/.test(part));
}

function numbersOf(text: string, field: Field): number[] {
  return text.split(',').flatMap((part) => {
    const { first, last, step } = rangeOf(part, field);
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
  });
}

/**
 * A zone that KEDA can load: a name of the IANA database in its own letters, because Go looks for a file of that name. Names that are only
 * known as aliases here are taken as they are written.
 */
export const timezone: Rule = (value, path) => {
  const known = Intl.supportedValuesOf('timeZone');
  const name = String(value);
  const right = known.find((each) => each.toLowerCase() === name.toLowerCase());
  const isName = typeof value === 'string' && /^[A-Z][\w+-]*(\/[\w+-]+)*$/.test(value) && isKnown(value);
  if (isName && (right === undefined || right === value)) return [];
  const rule = 'must be a name of the IANA time zone database, in its own letters';
  return [problem(path, value, rule, right === undefined ? 'write it like "Europe/Berlin" or "UTC"' : `write "${right}"`)];
};

function isKnown(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
