import { readLoad, tasksOf } from '../../../tools/simulate/load';
import { drawDuration, randomNumbers } from '../../../tools/simulate/random';
import { problemsIn } from '../../support/manifests';

const read = (...lines: string[]) => readLoad(lines.join('\n'), 'load.csv');
const problems = (...lines: string[]): string[] => problemsIn(() => read(...lines));

describe('readLoad', () => {
  test('reads seconds with tasks, past comments and empty lines', () =>
    expect(read('# made by hand', 'Second, tasks', '', '0,2', '7,1\r')).toEqual([
      { at: 0, overSeconds: 1, count: 2, taskSeconds: undefined },
      { at: 7, overSeconds: 1, count: 1, taskSeconds: undefined },
    ]));

  test('reads a duration for each row', () => expect(read('second,tasks,seconds', '3,2,0.5')).toMatchObject([{ at: 3, taskSeconds: 0.5 }]));

  test.each([
    ['ISO 8601', ['2026-11-21T10:00:00Z', '2026-11-21T10:01:00Z', '2026-11-21T10:03:00Z']],
    ['seconds since 1970', ['1795255200', '1795255260', '1795255380']],
  ])('spreads the tasks of a time in %s until the next one', (_, [first, second, third]) =>
    expect(read('timestamp,count', `${first},6`, `${second},1`, `${third},2`)).toEqual([
      { at: 0, overSeconds: 60, count: 6, taskSeconds: undefined },
      { at: 60, overSeconds: 120, count: 1, taskSeconds: undefined },
      { at: 180, overSeconds: 120, count: 2, taskSeconds: undefined },
    ]),
  );

  test('refuses everything that is wrong at once, with the line', () =>
    expect(problems('second,tasks,seconds', '5,1,1', '4,1,1', 'x,1.5,0', '9,', '10,1,2')).toEqual([
      'load.csv:4 second: got "x" -> must be a whole number from 0 -> count seconds from the start',
      'load.csv:4 tasks: got "1.5" -> must be a whole number from 0 -> write how many tasks arrived',
      'load.csv:4 seconds: got "0" -> must be a number over 0 -> write the mean duration in seconds',
      'load.csv:5: got "9," -> must have 3 cells: second,tasks,seconds -> mend the line',
      'load.csv:5 tasks: got "" -> must be a whole number from 0 -> write how many tasks arrived',
      'load.csv:3: got "4" -> must be later than the row before -> sort the rows, and sum those of one time',
    ]));

  test.each<[string, string[], string]>([
    ['no header', ['0,1'], 'load.csv:1: got "0,1" -> must be a header -> write "second,tasks" or '],
    ['an empty file', [''], 'load.csv: got nothing -> must be a header'],
    ['a header alone', ['second,tasks'], 'load.csv: got nothing -> must have a row with tasks'],
    ['a day as a time', ['timestamp,count', 'monday,1'], 'load.csv:2 timestamp: got "monday" -> must be a time'],
    ['too many tasks', ['second,tasks', '0,3000000'], 'load.csv: got 3000000 -> must have at most 2000000 tasks'],
    ['too long a time', ['second,tasks', '0,1', '999999,1'], 'load.csv: got 999999 -> must span at most 604800 seconds, a week'],
  ])('refuses %s', (_, lines, message) => expect(problems(...lines)[0]).toContain(message));

  test('stops after ten problems', () => expect(problems('second,tasks', ...Array.from({ length: 30 }, () => 'x,1'))).toHaveLength(10));
});

describe('tasksOf', () => {
  test('spreads the arrivals evenly', () =>
    expect(tasksOf([{ at: 60, overSeconds: 30, count: 3, taskSeconds: undefined }], 2, 'constant', 1)).toEqual([
      { arrival: 60, seconds: 2 },
      { arrival: 70, seconds: 2 },
      { arrival: 80, seconds: 2 },
    ]));

  test('draws the same durations for the same seed, around the mean of the row', () => {
    const draw = (seed: number) => tasksOf([{ at: 0, overSeconds: 1, count: 20_000, taskSeconds: 5 }], 2, 'exponential', seed);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const mean = draw(1).reduce((sum, { seconds }) => sum + seconds, 0) / 20_000;
    // The mean of 20,000 exponential draws is off by more than 3 % once in 40,000 seeds.
    expect(Math.abs(mean / 5 - 1)).toBeLessThan(0.03);
  });

  test('draws exponentially: a share of 1/e is longer than the mean', () => {
    const random = randomNumbers(3);
    const longer = Array.from({ length: 20_000 }, () => drawDuration('exponential', 2, random)).filter((seconds) => seconds > 2).length;
    expect(Math.abs(longer / 20_000 - 1 / Math.E)).toBeLessThan(0.015);
  });
});
