import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/manifests';
import { celeryDocument } from './document';
import { CHAPTERS } from './features';

const FILE = join(REPOSITORY, 'docs/celery.md');
const FEATURES = CHAPTERS.flatMap(({ features }) => features);

test('docs/celery.md says what the table says (WARREN_WRITE_DOCS=1 writes it)', () => {
  const text = celeryDocument(CHAPTERS);
  if (process.env['WARREN_WRITE_DOCS'] === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});

test('every feature has its line', () => {
  expect(FEATURES).toHaveLength(60);
  expect(new Set(FEATURES.map(({ feature }) => feature)).size).toBe(60);
});

test.each(FEATURES.filter(({ ours }) => ours === 'yes' || ours === 'partly'))('a test shows it: $feature', ({ tests = [] }) => {
  expect(tests).not.toEqual([]);
});

test.each([...new Set(FEATURES.flatMap(({ tests = [] }) => tests))])('there is %s', (named) => {
  const [, file = '', title = ''] = /^(\S+\.ts): (.+)$/.exec(named) ?? [];
  const path = join(REPOSITORY, 'test', file);
  expect(existsSync(path)).toBe(true);
  expect(titlesIn(readFileSync(path, 'utf8'))).toContain(title);
});

/** First arguments of `it`, `test` and `describe`, also behind the table of an `each`, and the names of the cases of a table. */
function titlesIn(source: string): string[] {
  const call = /^\s*(?:(?:it|test|describe\w*)(?:\.each(?:<.*>)?\(.*\))?|\](?: as const)?\))\(\s*(['"`])(.*?)(?<!\\)\1/gm;
  const entry = /\bname: (['"])(.*?)\1/g;
  return [...source.matchAll(call), ...(source.includes('readonly Case[]') ? source.matchAll(entry) : [])].map(([, , title = '']) => title);
}
