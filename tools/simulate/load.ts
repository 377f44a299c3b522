import { type Problem, throwIfAny } from '../../workers/problems';
import type { Task } from './queue';
import { type Distribution, drawDuration, randomNumbers } from './random';

/** Tasks that arrive evenly over some seconds. */
export interface Arrivals {
  readonly at: number;
  readonly overSeconds: number;
  readonly count: number;
  /** Mean duration; `undefined`: that of all tasks. */
  readonly taskSeconds: number | undefined;
}

/** So that a mistyped number does not fill the memory. */
const MOST_TASKS = 2_000_000;
const MOST_SECONDS = 7 * 24 * 3600;
const MOST_PROBLEMS = 10;
const SECONDS = ['second', 'tasks'];
const TIMESTAMPS = ['timestamp', 'count'];
const HEADERS = [SECONDS, TIMESTAMPS].flatMap((columns) => [columns.join(), [...columns, 'seconds'].join()]);

/**
 * Reads a load. `second,tasks[,seconds]`: tasks that arrive within that second. `timestamp,count[,seconds]`: tasks that arrive from that
 * time (ISO 8601, or seconds since 1970) to the time of the next row; the last row lasts as long as the one before it. `seconds` is the
 * mean duration of the row's tasks. Empty lines and lines that begin with # do not count.
 * @throws InvalidConfiguration with the first ten problems
 */
export function readLoad(text: string, file: string): Arrivals[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ path: `${file}:${index + 1}`, cells: line.split(',').map((cell) => cell.trim()) }));
  const [header, ...rows] = lines.filter(({ cells }) => cells.join('') !== '' && !cells[0]?.startsWith('#'));
  const columns = header?.cells.map((cell) => cell.toLowerCase()) ?? [];
  if (!HEADERS.includes(columns.join()))
    throwIfAny([
      {
        path: header?.path ?? file,
        got: header?.cells.join(),
        rule: 'must be a header',
        fix: `write ${HEADERS.map((each) => `"${each}"`).join(' or ')}`,
      },
    ]);
  const problems: Problem[] = [];
  const isTimes = columns[0] === TIMESTAMPS[0];
  const read = rows.map(({ path, cells }) => readRow(path, cells, columns, isTimes, problems));
  if (read.length === 0) problems.push({ path: file, got: undefined, rule: 'must have a row with tasks', fix: 'add one, such as "0,100"' });
  read.forEach(({ path, at }, index) => {
    if (at <= (read[index - 1]?.at ?? Number.NEGATIVE_INFINITY))
      problems.push({
        path,
        got: rows[index]?.cells[0],
        rule: 'must be later than the row before',
        fix: 'sort the rows, and sum those of one time',
      });
  });
  const total = read.reduce((sum, { count }) => sum + count, 0);
  if (total > MOST_TASKS)
    problems.push({ path: file, got: total, rule: `must have at most ${MOST_TASKS} tasks`, fix: 'simulate a shorter time' });
  const start = isTimes ? (read[0]?.at ?? 0) : 0;
  const last = (read.at(-1)?.at ?? 0) - start;
  if (last > MOST_SECONDS)
    problems.push({ path: file, got: last, rule: `must span at most ${MOST_SECONDS} seconds, a week`, fix: 'simulate a shorter time' });
  throwIfAny(problems.slice(0, MOST_PROBLEMS));
  const length = (index: number): number => (read[index + 1]?.at ?? Number.NaN) - (read[index]?.at ?? Number.NaN);
  return read.map(({ at, count, taskSeconds }, index) => ({
    at: at - start,
    overSeconds: isTimes ? length(index) || length(index - 1) || 1 : 1,
    count,
    taskSeconds,
  }));
}

function readRow(path: string, cells: readonly string[], columns: readonly string[], isTime: boolean, problems: Problem[]) {
  if (cells.length !== columns.length)
    problems.push({ path, got: cells.join(), rule: `must have ${columns.length} cells: ${columns.join()}`, fix: 'mend the line' });
  const number = (index: number, fits: (value: number) => boolean, rule: string, fix: string): number => {
    const value = cells[index] === '' ? Number.NaN : Number(cells[index]);
    if (cells[index] !== undefined && !(Number.isFinite(value) && fits(value)))
      problems.push({ path: `${path} ${columns[index]}`, got: cells[index], rule, fix });
    return value;
  };
  const at = isTime
    ? readTime(path, cells[0] ?? '', problems)
    : number(0, isWhole, 'must be a whole number from 0', 'count seconds from the start');
  const count = number(1, isWhole, 'must be a whole number from 0', 'write how many tasks arrived');
  const taskSeconds =
    columns.length > 2 ? number(2, (value) => value > 0, 'must be a number over 0', 'write the mean duration in seconds') : undefined;
  return { path, at, count, taskSeconds };
}

function readTime(path: string, cell: string, problems: Problem[]): number {
  const seconds = /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : Date.parse(cell) / 1000;
  if (Number.isNaN(seconds))
    problems.push({
      path: `${path} timestamp`,
      got: cell,
      rule: 'must be a time',
      fix: 'write "2026-11-21T10:00:00Z", or seconds since 1970',
    });
  return seconds;
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** Each task of a load, in the order of their arrival; the same ones for the same seed. */
export function tasksOf(load: readonly Arrivals[], taskSeconds: number, distribution: Distribution, seed: number): Task[] {
  const random = randomNumbers(seed);
  return load.flatMap(({ at, overSeconds, count, taskSeconds: own }) =>
    Array.from({ length: count }, (_, index) => ({
      arrival: at + (overSeconds * index) / count,
      seconds: drawDuration(distribution, own ?? taskSeconds, random),
    })),
  );
}
