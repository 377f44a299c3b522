import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Adds a measured fact to the report at the end of the run (test/support/reporter.js prints and removes the file). */
export function note(fact: string): void {
  const file = (process.env['WARREN_TEST_NOTES'] ??= join(tmpdir(), `warren-test-notes-${process.pid}`));
  appendFileSync(file, `${fact.replaceAll('\n', ' ')}\n`);
}
