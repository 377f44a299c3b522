import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEAD_LETTER_REASONS } from '../../../workers/celery/rejected';

test('docs/tasks.md says of every reason of a dead letter what to do', () => {
  const text = readFileSync(join(__dirname, '../../../docs/tasks.md'), 'utf8');
  const [, chapter = ''] = text.split('## Messages that cannot run');
  const rows = [...(chapter.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, reason]) => reason);
  expect(rows).toEqual([...DEAD_LETTER_REASONS]);
});
