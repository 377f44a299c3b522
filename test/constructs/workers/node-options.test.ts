import { execFileSync } from 'node:child_process';
import { heapMebibytes } from '../../../constructs';
import { environmentOf } from '../../support/manifests';
import { renderWorkers, workerOf, workerProblems } from '../../support/worker-objects';

const nodeOptions = (memory: string, options?: string[]) =>
  environmentOf(workerOf(renderWorkers({ resources: { cpu: '1', memory }, ...(options && { nodeOptions: options }) })))['NODE_OPTIONS'];

/** Prints the limit of the heap, in MiB, of the process and of a thread that asks for less. */
const LIMITS = `
const { Worker, isMainThread } = require('node:worker_threads');
console.log(require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20);
if (isMainThread) new Worker(process.argv[1], { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });
`;

function heapLimits(options: string): number[] {
  const output = execFileSync(process.execPath, ['-e', LIMITS, LIMITS], {
    env: { ...process.env, NODE_OPTIONS: options },
    encoding: 'utf8',
  });
  return output.trim().split('\n').map(Number);
}

describe('NODE_OPTIONS of a worker', () => {
  // By hand: half; half; 256 - 96; 512 * 3/4 = 384; 1024 * 3/4; 8192 * 3/4; 1e9 bytes are 953 MiB.
  test.each([
    ['128Mi', 64],
    ['256Mi', 160],
    ['512Mi', 384],
    ['1Gi', 768],
    ['8Gi', 6144],
    ['1G', 715],
  ])('with %s of memory leave %d MiB to the old generation', (memory, heap) => {
    expect(heapMebibytes(memory)).toBe(heap);
    expect(nodeOptions(memory)).toBe(`--max-old-space-size=${heap}`);
  });

  test('end with the options of the user, so that those win', () =>
    expect(nodeOptions('1Gi', ['--max-old-space-size=300', '--enable-source-maps'])).toBe(
      '--max-old-space-size=768 --max-old-space-size=300 --enable-source-maps',
    ));

  test('mean to Node what we say: the last one counts, and each thread has the same limit whatever it asks for', () => {
    const [before = 0] = heapLimits('--max-old-space-size=200');
    const [main = 0, thread] = heapLimits('--max-old-space-size=200 --max-old-space-size=300');
    expect(main - before).toBe(100);
    expect(thread).toBe(main);
  });

  test('need a container that holds a worker at all', () =>
    expect(workerProblems({ resources: { cpu: '1', memory: '96Mi' } })).toEqual([
      'workers.general.resources.memory: got "96Mi" -> must be at least 128Mi (a worker at rest takes 55 MiB, and its heap must fit in) -> raise it',
    ]));

  test.each<[problem: string, nodeOptions: unknown, line: RegExp]>([
    ['one text', '--inspect', /^workers\.general\.nodeOptions: got "--inspect" -> must be a list/],
    ['several in one', ['--a --b'], /^workers\.general\.nodeOptions\[0\]: got "--a --b" -> must be an option of Node, without spaces/],
    ['a file', ['main.js'], /^workers\.general\.nodeOptions\[0\]: got "main\.js" -> /],
  ])('refuse %s', (_, options, line) => expect(workerProblems({ nodeOptions: options })).toEqual([expect.stringMatching(line)]));
});
