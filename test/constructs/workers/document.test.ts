import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { heapMebibytes } from '../../../constructs';
import { workerOptionFields } from '../../../constructs/workers/rules';
import { REPOSITORY } from '../../support/manifests';

const TEXT = readFileSync(join(REPOSITORY, 'docs/workers.md'), 'utf8');

describe('docs/workers.md', () => {
  test.each(Object.keys(workerOptionFields))('names the option %s', (option) => expect(TEXT).toContain(`\`${option}\``));

  test('names files that exist', () => {
    const files = [...TEXT.matchAll(/^\|.*\| `([\w/-]+\.ts)` \|$/gm)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) expect(() => readFileSync(join(REPOSITORY, 'constructs', file))).not.toThrow();
  });

  test('gives the limits of the heap that are rendered', () => {
    const pairs = [...TEXT.matchAll(/(\d+[MG]i): (\d+)(?=[;)])/g)].map(([, memory = '', heap]) => [heapMebibytes(memory), Number(heap)]);
    expect(pairs).toHaveLength(4);
    for (const [computed, documented] of pairs) expect(computed).toBe(documented);
  });
});
