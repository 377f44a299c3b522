import { throwIfAny } from '../../workers/problems';
import { figuresOf } from './figures';
import { type Arrivals, tasksOf } from './load';
import type { Group } from './manifest';
import { type Run, simulate } from './model';
import type { Options } from './options';
import type { Settings } from './settings';
import { tableOf } from './table';
import { tutorialsOf } from './tutorial';

/** The group of a manifest, with what only the command line knows. */
export function settingsOf(group: Group, options: Options): Settings {
  const concurrency = options.concurrency ?? group.concurrency;
  if (concurrency === undefined)
    throwIfAny([
      {
        path: '--concurrency',
        got: undefined,
        rule: `must be given, the Deployment ${group.name} does not say`,
        fix: 'give --concurrency N',
      },
    ]);
  const { startSeconds, machines, deletionCost, seed } = options;
  const pods = { concurrency: concurrency ?? 1, startSeconds, machines, deletionCost, drainSeconds: group.drainSeconds };
  return { title: group.name, scaling: group.scaling, pods, seed };
}

/** The group, and beside it what tutorials show, on the same load and over the same time. */
export function runsOf(
  settings: Settings,
  load: readonly Arrivals[],
  options: Pick<Options, 'taskSeconds' | 'distribution' | 'compareTutorial'>,
): Run[] {
  const tasks = tasksOf(load, options.taskSeconds, options.distribution, settings.seed);
  const all = [settings, ...(options.compareTutorial ? tutorialsOf(settings) : [])];
  const runs = all.map((each) => simulate(each, tasks));
  const longest = Math.max(...runs.map(({ samples }) => samples.length));
  return all.map((each, index) => (runs[index]?.samples.length === longest ? runs[index] : simulate(each, tasks, longest)));
}

export function reportOf(runs: readonly Run[], group: Group): string {
  const [first] = runs;
  const left = group.leftOut.map((what) => `  not simulated: ${what}\n`).join('');
  return `${first?.waits.length} tasks in ${first?.samples.length} s\n${tableOf(runs.map((run) => ({ title: run.title, figures: figuresOf(run) })))}${left}`;
}
