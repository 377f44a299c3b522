import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from '../../../workers/observe/metrics';
import { TASK_ENDS } from '../../../workers/observe/task-metrics';
import { REPOSITORY } from '../../support/manifests';

const TEXT = readFileSync(join(REPOSITORY, 'docs/workers.md'), 'utf8');
const METRICS = new Metrics(() => ({ running: 0, concurrency: 1, state: 'consuming', links: {} }), [], []).registry
  .getMetricsAsArray()
  .filter(({ name }) => name.startsWith('warren_')) as unknown as readonly Described[];

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

describe('docs/workers.md', () => {
  test('has every metric, with its labels and meaning, and no other', () => {
    const rows = METRICS.map(({ name, labelNames, help }) => `| \`${name}\` | ${quoted(labelNames)} | ${help} |`);
    expect(rows.length).toBeGreaterThan(10);
    expect(TEXT.split('\n').filter((line) => line.startsWith('| `warren_'))).toEqual(rows);
  });

  test('has every outcome', () => expect(TEXT.replace(/\s+/g, ' ')).toContain(`\`outcome\` is one of ${quoted(TASK_ENDS)}.`));

  test('asks in its queries for metrics and labels that there are', () => {
    const queries = /```promql\n([^]*?)```/.exec(TEXT)?.[1] ?? '';
    const names = METRICS.map(({ name }) => name);
    const asked = [...queries.matchAll(/warren_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
    expect(asked.length).toBeGreaterThan(5);
    for (const name of asked) expect(names).toContain(name);
    for (const [, outcomes = ''] of queries.matchAll(/outcome=~?"([^"]+)"/g))
      for (const outcome of outcomes.split('|')) expect(TASK_ENDS).toContain(outcome);
  });
});
