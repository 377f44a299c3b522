import { problem, type Rule } from '../rules';

interface Field {
  readonly word: string;
  readonly least: number;
  readonly most: number;
  /** Names for the numbers from `least` on. */
  readonly names?: readonly string[];
}

/** The fields that KEDA's cron trigger reads (robfig/cron: standard, without seconds and descriptors; Sunday is 0 and never 7). */
const FIELDS: readonly Field[] = [
  { word: 'minute', least: 0, most: 59 },
  { word: 'hour', least: 0, most: 23 },
  { word: 'day of the month', least: 1, most: 31 },
  { word: 'month', least: 1, most: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { word: 'day of the week', least: 0, most: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
];
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
    return wrong(`must have a ${word} from ${least} to ${most}, as "*", a number, a range or a list, with an optional "/step"`);
  }
  return comesAgain(texts) ? [] : wrong('never comes: no such month has that day');
};

function isPart(part: string, field: Field): boolean {
  const [range = '', step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,2}$/.test(step))) return false;
  if (range === '*' || range === '?') return true;
  const ends = range.split('-').map((end) => numberOf(end, field));
  const [first = Number.NaN, last = first] = ends;
  return ends.length <= 2 && first >= field.least && last <= field.most && first <= last;
}

function numberOf(text: string, { least, names = [] }: Field): number {
  const index = names.indexOf(text.toLowerCase());
  if (index >= 0) return least + index;
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
}

/** With both kinds of day given, either is enough; the smallest day has to fit into some month. */
function comesAgain([, , day = '*', month = '*', weekday = '*']: readonly string[]): boolean {
  const any = (text: string) => /^[*?]/.test(text);
  if (any(day) || !any(weekday)) return true;
  const [, , dayField, monthField] = FIELDS;
  const firsts = (text: string, field: Field | undefined) =>
    text.split(',').map((part) => (field ? numberOf(part.split(/[-/]/)[0] ?? '', field) : Number.NaN));
  const smallest = Math.min(...firsts(day, dayField));
  if (any(month)) return true;
  const months = month.split(',').flatMap((part) => monthsOf(part, monthField));
  return months.some((each) => smallest <= (DAYS[each - 1] ?? 0));
}

/** Months of a range; a step only leaves some out, which is looked at generously. */
function monthsOf(part: string, field: Field | undefined): number[] {
  const [first = 0, last = first] = (part.split('/')[0] ?? '').split('-').map((end) => (field ? numberOf(end, field) : 0));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
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
