import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, summaryOf } from './load';
import { REPOSITORY } from './manifests';
import { note } from './notes';

/** What one fault did, as measured: a row of docs/reliability.md. */
export interface Measurement {
  /** Name of the scenario in the table; also its order. */
  readonly scenario: string;
  readonly injected: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly longestGapSeconds: number;
}

const FOLDER = join(REPOSITORY, 'test/chaos/measured');

/** Reports what a fault did under load. WARREN_WRITE_MEASURED=1 also keeps it for docs/reliability.md, which must have a row for it. */
export function report(id: string, scenario: string, injected: string, outcome: Outcome): void {
  note(`${scenario} (${injected}): ${summaryOf(outcome)}`);
  const { accepted, rejected, lost, duplicated, longestGapSeconds } = outcome;
  const row: Measurement = {
    scenario,
    injected,
    accepted,
    rejected,
    lost: lost.length,
    duplicated,
    longestGapSeconds: Math.round(longestGapSeconds * 10) / 10,
  };
  if (process.env['WARREN_WRITE_MEASURED'] === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, `${id}.json`), `${JSON.stringify(row, null, 2)}\n`);
  }
  const { scenario: kept, injected: keptInjected } = JSON.parse(readFileSync(join(FOLDER, `${id}.json`), 'utf8')) as Measurement;
  expect([kept, keptInjected]).toEqual([scenario, injected]);
}

/** What was kept, in the order of the names of the files. */
export function measurements(): Measurement[] {
  const files = readdirSync(FOLDER);
  files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return files.map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Measurement);
}
