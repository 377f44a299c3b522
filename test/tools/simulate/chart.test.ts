import { chartOf } from '../../../tools/simulate/chart';
import type { Run } from '../../../tools/simulate/model';

jest.setTimeout(240_000);

const run = (title: string, seconds: number): Run => ({
  title,
  samples: Array.from({ length: seconds }, (_, second) => ({ ready: second === 601 ? 5000 : 0, running: 20, pods: 3, busy: 2 })),
  waits: [],
  removals: [],
  handedBack: 0,
});
const count = (svg: string, part: RegExp): number => svg.match(part)?.length ?? 0;
/** Points of each line, as numbers. */
const lines = (svg: string): number[][][] =>
  [...svg.matchAll(/class="line \w+" d="M([^"]+)"/g)].map(([, points = '']) =>
    points.split('L').map((point) => point.split(' ').map(Number)),
  );

describe('chartOf', () => {
  const svg = chartOf([run('now', 1200), run('a < b & c', 900)]);

  test('draws four lines for each run, with its title and a legend', () => {
    expect(lines(svg)).toHaveLength(8);
    expect(svg).toContain('a &lt; b &amp; c');
    for (const label of ['tasks waiting', 'tasks running', 'busy pods']) expect(count(svg, new RegExp(`>${label}<`, 'g'))).toBe(2);
  });

  test('is readable on dark pages: its background is its own', () => expect(svg).toMatch(/<rect x="0" y="0" [^>]*fill="#ffffff"/));

  test('keeps a peak of one second, and everything inside the picture', () => {
    const [waiting = []] = lines(svg);
    const ys = waiting.map(([, y]) => y ?? Number.NaN);
    expect(ys.filter((y) => y < Math.max(...ys))).toHaveLength(1);
    const [, , width, height] = /viewBox="(\d+) (\d+) (\d+) (\d+)"/.exec(svg)?.slice(1).map(Number) ?? [];
    for (const [x = -1, y = -1] of lines(svg).flat()) {
      expect(x >= 0 && x <= (width ?? 0)).toBe(true);
      expect(y >= 0 && y <= (height ?? 0)).toBe(true);
    }
  });

  test('gives all runs one scale of time', () => {
    const [first, second] = [lines(svg)[0], lines(svg)[4]].map((line) => line?.at(-1)?.[0] ?? Number.NaN) as [number, number];
    expect(second).toBeLessThan(first);
  });

  test('is small, however long the run', () => expect(chartOf([run('day', 86_400)]).length).toBeLessThan(40_000));
});
