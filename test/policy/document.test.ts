import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/manifests';
import { policyDocument } from './document';
import { AWAITED, EXCEPTIONS } from './exceptions';
import { LINTERS } from './rules';

const FILE = join(REPOSITORY, 'docs/policy.md');
const COUNTS = Object.fromEntries(Object.entries(LINTERS).map(([linter, rules]) => [linter, rules.length]));

test('docs/policy.md says what the tables say (WARREN_WRITE_DOCS=1 writes it)', () => {
  const text = policyDocument(EXCEPTIONS, AWAITED, COUNTS);
  if (process.env['WARREN_WRITE_DOCS'] === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});
