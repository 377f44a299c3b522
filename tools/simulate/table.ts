import type { Figures } from './figures';

const ROWS: readonly (readonly [title: string, format: (figures: Figures) => string])[] = [
  ['tasks waiting, most / mean', ({ backlogMax, backlogMean }) => `${backlogMax} / ${round(backlogMean)}`],
  ['wait p50 / p95 / longest', ({ waitP50, waitP95, waitMax }) => `${[waitP50, waitP95, waitMax].map(round).join(' / ')} s`],
  ['longest backlog', ({ backlogSeconds }) => `${backlogSeconds} s`],
  ['pods, most / mean', ({ podsMax, podsMean }) => `${podsMax} / ${round(podsMean)}`],
  ['pod-seconds', ({ podSeconds }) => String(podSeconds)],
  ['pods removed', ({ podsRemoved }) => String(podsRemoved)],
  ['  of them busy', ({ busyRemoved }) => String(busyRemoved)],
  ['  busy, while an idle pod was kept', ({ avoidableRemoved }) => String(avoidableRemoved)],
  ['tasks handed back', ({ handedBack }) => String(handedBack)],
];

/** One column for each run. */
export function tableOf(runs: readonly { readonly title: string; readonly figures: Figures }[]): string {
  const rows = [
    ['', ...runs.map(({ title }) => title)],
    ...ROWS.map(([title, format]) => [title, ...runs.map(({ figures }) => format(figures))]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ');
  return rows.map((cells) => `  ${line(cells).trimEnd()}\n`).join('');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
