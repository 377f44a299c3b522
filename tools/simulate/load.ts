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
  const [header, ...lines] = text
    .split(/\r?\n/)
    .map((line, index) => ({ path: `${file}:${index + 1}`, cells: line.split(',').map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.join('') !== '' && !cells[0]?.startsWith('#'));
  const columns = header?.cells.map((cell) => cell.toLowerCase()) ?? [];
  if (!HEADERS.includes(columns.join())) {
    const fix = `write ${HEADERS.map((each) => `"${each}"`).join(' or ')}`;
    throwIfAny([{ path: header?.path ?? file, got: header?.cells.join(), rule: 'must be a header', fix }]);
  }
  const problems: Problem[] = [];
  const isTimes = columns[0] === TIMESTAMPS[0];
  const rows = lines.map(({ path, cells }) => readRow(path, cells, columns, isTimes, problems));
  const start = isTimes ? (rows[0]?.at ?? 0) : 0;
  throwIfAny([...problems, ...orderProblems(rows), ...sizeProblems(rows, start, file)].slice(0, MOST_PROBLEMS));
  const length = (index: number): number => (rows[index + 1]?.at ?? Number.NaN) - (rows[index]?.at ?? Number.NaN);
  return rows.map(({ at, count, taskSeconds }, index) => ({
    at: at - start,
    overSeconds: isTimes ? length(index) || length(index - 1) || 1 : 1,
    count,
    taskSeconds,
  }));
}

type Row = ReturnType<typeof readRow>;

function orderProblems(rows: readonly Row[]): Problem[] {
  return rows.flatMap(({ path, at, cell }, index) => {
    const isLater = !(at <= (rows[index - 1]?.at ?? Number.NEGATIVE_INFINITY));
    const fix = 'sort the rows, and sum those of one time';
    return isLater ? [] : [{ path, got: cell, rule: 'must be later than the row before', fix }];
  });
}

function sizeProblems(rows: readonly Row[], start: number, file: string): Problem[] {
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const seconds = (rows.at(-1)?.at ?? 0) - start;
  const fix = 'simulate a shorter time';
  return [
    ...(rows.length === 0 ? [{ path: file, got: undefined, rule: 'must have a row with tasks', fix: 'add one, such as "0,100"' }] : []),
    ...(total > MOST_TASKS ? [{ path: file, got: total, rule: `must have at most ${MOST_TASKS} tasks`, fix }] : []),
    ...(seconds > MOST_SECONDS ? [{ path: file, got: seconds, rule: `must span at most ${MOST_SECONDS} seconds, a week`, fix }] : []),
  ];
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
  return { path, cell: cells[0], at, count, taskSeconds };
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
