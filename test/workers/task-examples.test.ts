import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/manifests';

/** What the examples leave to the reader's imagination. */
const SURROUNDINGS = `
import type { Chart } from 'cdk8s';
import { bySize, TaskCluster, type TaskClusterProps } from '../../constructs';
import { Ignore, Reject, Retry, type Task, task, taskContext } from '../../workers';

declare const chart: Chart;
declare const declaration: TaskClusterProps;
declare const rows: readonly string[];
declare const work: (row: string) => void;
declare const remind: Task<[name: string], void>;
declare const isKnown: (order: string) => Promise<boolean>;
declare const stock: (order: string) => Promise<number>;
type Run = () => Promise<void>;
declare const fetchOrder: Run, scale: Run, convert: Run, send: Run, call: Run;
declare class NetworkError extends Error {}
declare class AddressError extends NetworkError {}
`;

it('the examples of docs/tasks.md compile', () => {
  const text = readFileSync(join(REPOSITORY, 'docs/tasks.md'), 'utf8');
  const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(
    ([, code]) => `export async function example(): Promise<void> {\n${code}}\n`,
  );
  expect(examples.length).toBeGreaterThan(5);
  // In the tree, because its imports are found from there.
  const folder = mkdtempSync(join(REPOSITORY, 'test/examples-'));
  try {
    examples.forEach((example, index) => writeFileSync(join(folder, `${index}.ts`), SURROUNDINGS + example));
    const options = { noEmit: true, rootDir: '../..', noUnusedLocals: false };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: options, include: ['*.ts'] }),
    );
    const { stdout, status } = spawnSync('npx', ['tsc', '-p', folder], { cwd: REPOSITORY, encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
