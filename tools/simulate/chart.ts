import type { Run, Sample } from './model';

const WIDTH = 900;
const LEFT = 60;
const RIGHT = 20;
const PANEL = { height: 110, gap: 34 } as const;
const TITLE = 34;
const FOOT = 30;
/** Points of a line: more than one for two pixels nobody sees. */
const MOST_POINTS = 400;
const RUN = TITLE + 2 * (PANEL.height + PANEL.gap);

/** A line of a panel. */
interface Line {
  readonly label: string;
  readonly style: string;
  readonly valueOf: (sample: Sample) => number;
}

const TASKS: readonly Line[] = [
  { label: 'tasks waiting', style: 'waiting', valueOf: ({ ready }) => ready },
  { label: 'tasks running', style: 'running', valueOf: ({ running }) => running },
];
const PODS: readonly Line[] = [
  { label: 'pods', style: 'pods', valueOf: ({ pods }) => pods },
  { label: 'busy pods', style: 'busy', valueOf: ({ busy }) => busy },
];

/**
 * Queue depth, pods and busy pods over time: two panels for each run, all of them with the same scales. The background is white in light
 * and dark pages alike.
 */
export function chartOf(runs: readonly Run[]): string {
  const seconds = Math.max(...runs.map(({ samples }) => samples.length));
  const height = runs.length * RUN + FOOT;
  const tops = [TASKS, PODS].map((lines) => niceCeiling(Math.max(1, ...lines.map((line) => most(runs, line)))));
  const panels = runs.flatMap((run, index) => {
    const top = index * RUN + TITLE;
    return [
      `<text class="title" x="${LEFT}" y="${top - 12}">${escape(run.title)}</text>`,
      panel(run, TASKS, top + 8, tops[0] ?? 1, seconds),
      panel(run, PODS, top + 8 + PANEL.height + PANEL.gap, tops[1] ?? 1, seconds),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<style>
.title { font-size: 14px; font-weight: 600; fill: #1f2328; } .axis { fill: #57606a; } .grid { stroke: #d0d7de; stroke-width: 1; }
.line { fill: none; stroke-width: 1.8; } .area { stroke: none; fill-opacity: 0.18; }
.waiting { stroke: #bc4c00; } .running { stroke: #0969da; } .pods { stroke: #57606a; } .busy { stroke: #1a7f37; }
.area.waiting { fill: #bc4c00; } .area.pods { fill: #57606a; }
text.waiting { fill: #bc4c00; stroke: none; } text.running { fill: #0969da; stroke: none; }
text.pods { fill: #57606a; stroke: none; } text.busy { fill: #1a7f37; stroke: none; }
</style>
<rect x="0" y="0" width="${WIDTH}" height="${height}" fill="#ffffff"/>
${panels.join('\n')}
</svg>
`;
}

function panel(run: Run, lines: readonly Line[], y: number, top: number, seconds: number): string {
  const width = WIDTH - LEFT - RIGHT;
  const bottom = y + PANEL.height;
  const xOf = (second: number): string => (LEFT + (width * second) / seconds).toFixed(1);
  const yOf = (value: number): string => (bottom - (PANEL.height * value) / top).toFixed(1);
  const marks = [0, top / 2, top].map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${yOf(value)}H${WIDTH - RIGHT}"/><text class="axis" text-anchor="end" x="${LEFT - 6}" y="${Number(yOf(value)) + 4}">${value}</text>`,
  );
  const drawn = lines.flatMap((line, index) => {
    const points = thin(run.samples.map(line.valueOf)).map(({ second, value }) => `${xOf(second)} ${yOf(value)}`);
    const legend = `<text class="${line.style}" x="${LEFT + 10 + index * 120}" y="${y - 4}">${line.label}</text>`;
    const area = `<path class="area ${line.style}" d="M${LEFT} ${bottom}L${points.join('L')}L${xOf(run.samples.length)} ${bottom}z"/>`;
    return [...(index === 0 ? [area] : []), `<path class="line ${line.style}" d="M${points.join('L')}"/>`, legend];
  });
  return [...marks, ...timeMarks(seconds, xOf, bottom), ...drawn].join('\n');
}

function timeMarks(seconds: number, xOf: (second: number) => string, bottom: number): string[] {
  const step = niceCeiling(seconds / 60 / 10) * 60;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step).map(
    (second) => `<text class="axis" text-anchor="middle" x="${xOf(second)}" y="${bottom + 15}">${second / 60} min</text>`,
  );
}

/** The highest value of each stretch: a short peak is what the picture is for. */
function thin(values: readonly number[]): { second: number; value: number }[] {
  const stretch = Math.ceil(values.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(values.length / stretch) }, (_, index) => ({
    second: index * stretch,
    value: Math.max(...values.slice(index * stretch, (index + 1) * stretch)),
  }));
}

function most(runs: readonly Run[], { valueOf }: Line): number {
  return runs.reduce((highest, { samples }) => samples.reduce((high, sample) => Math.max(high, valueOf(sample)), highest), 0);
}

/** The next of 1, 2, 4, 6, 8, 10, 20, ... that is not less. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
