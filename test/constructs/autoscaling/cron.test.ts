import { cronExpression, timezone } from '../../../constructs/autoscaling/cron';

/** What the parser of KEDA 2.20's cron trigger says (robfig/cron 3 with five fields), and for the last group when it comes next: never. */
describe('cronExpression', () => {
  test.each([
    '0 8 * * 1-5',
    '0 8 * * mon-fri',
    '0 8 29 2 *',
    '*/15 8-18 * * *',
    '5/10 8 * * *',
    '0 8 31 2 1',
    '0 8 ? * SUN',
    '0 8 1-31/2 2 *',
    '0 8 */31 2 *',
    '0 8 31/1 * *',
    '08 08 * * *',
    '0 8 * * */7',
    '0 8 30-31 2-3 *',
    '0,30 8 1,15 jan,jul *',
    '* ? 16,25,? Jun/6 *',
    '23-27,* 5-11,19-19 30/1 2,?,2 *',
    '0 8 30 2 */2',
    '0 8 31 2/2 *',
  ])('takes %s', (expression) => expect(cronExpression(expression, 'start')).toEqual([]));

  test.each([
    ['0 8 * *', 'must have five fields'],
    ['@daily', 'must have five fields'],
    ['', 'must have five fields'],
    [8, 'must have five fields'],
    ['0 8 * * 7', 'must have the day of the week from 0 to 6'],
    ['0 24 * * *', 'must have the hour from 0 to 23'],
    ['60 * * * *', 'must have the minute from 0 to 59'],
    ['0 18-8 * * *', 'must have the hour'],
    ['0 8 0 * *', 'must have the day of the month from 1 to 31'],
    ['0 8 * foo *', 'must have the month from 1 to 12'],
    ['0 8 */0 * *', 'must have the day of the month'],
    ['0 8 1-2-3 * *', 'must have the day of the month'],
    ['0 8 , * *', 'must have the day of the month'],
    ['0 8 30 2 *', 'never comes'],
    ['0 8 31 4,6 *', 'never comes'],
    ['0 8 31 feb *', 'never comes'],
    ['0 8 30/5 2 *', 'never comes'],
    ['0 8 31 2-6/2 ?', 'never comes'],
    ['0 8 0/5 * *', 'must have the day of the month'],
  ])('refuses %j', (expression, rule) =>
    expect(cronExpression(expression, 'start')).toEqual([
      { path: 'start', got: expression, rule: expect.stringContaining(rule), fix: expect.any(String) },
    ]),
  );
});

describe('timezone', () => {
  test.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT+5', 'America/Port-au-Prince'])(
    'takes %s',
    (zone) => expect(timezone(zone, 'timezone')).toEqual([]),
  );

  test.each<[zone: unknown, fix: string]>([
    ['europe/berlin', 'write "Europe/Berlin"'],
    ['Europe/Berln', 'write it like'],
    ['+02:00', 'write it like'],
    ['Local', 'write it like'],
    ['', 'write it like'],
    [2, 'write it like'],
  ])('refuses %j, which KEDA cannot load or which differs between machines', (zone, fix) =>
    expect(timezone(zone, 'timezone')).toEqual([expect.objectContaining({ got: zone, fix: expect.stringContaining(fix) })]),
  );
});
