import { readGroup } from '../../tools/simulate/manifest';
import { runsOf, settingsOf } from '../../tools/simulate/report';
import type { System } from './system';

/** Workers that were wanted over time. */
export interface Measured {
  readonly startedAt: number;
  readonly pods: { readonly second: number; readonly pods: number }[];
}

const ROWS = 16;
const START_SECONDS = 3;

/** A table of the pods that were measured beside those that `npm run simulate` foretells for the same manifest and load. */
export async function compareWithModel(
  system: System,
  group: string,
  { pods }: Measured,
  load: { readonly tasks: number; readonly seconds: number },
): Promise<string> {
  const settings = settingsOf(readGroup(system.objects, 'manifest', group), {
    load: '',
    manifest: '',
    group,
    taskSeconds: load.seconds,
    distribution: 'constant',
    startSeconds: START_SECONDS,
    concurrency: undefined,
    machines: 3,
    seed: 1,
    deletionCost: true,
    svg: undefined,
    compareTutorial: false,
  });
  const arrivals = [{ at: 0, overSeconds: 1, count: load.tasks, taskSeconds: load.seconds }];
  const [run] = runsOf(settings, arrivals, { taskSeconds: load.seconds, distribution: 'constant', compareTutorial: false });
  const model = run?.samples.map((sample) => sample.pods) ?? [];
  const end = Math.max(pods.at(-1)?.second ?? 0, model.length - 1);
  const measuredAt = (second: number): number => pods.filter((sample) => sample.second <= second).at(-1)?.pods ?? pods[0]?.pods ?? 0;
  const rest = model.at(-1) ?? 0;
  const lines = Array.from({ length: ROWS + 1 }, (_, row) => Math.round((row * end) / ROWS)).map(
    (second) => `| ${second} | ${measuredAt(second)} ${bar(measuredAt(second))} | ${model[second] ?? rest} ${bar(model[second] ?? rest)} |`,
  );
  const intro = `Workers over time, measured (what the Deployment wants) and foretold by \`npm run simulate\` (pods that exist, draining ones among them; ${START_SECONDS} s to start):`;
  return `${intro}\n\n| second | measured | model |\n|---:|---|---|\n${lines.join('\n')}`;
}

function bar(length: number): string {
  return '▇'.repeat(length);
}
