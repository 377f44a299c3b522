import { amountOf } from '../quantity';
import { list, type Rule, text } from '../rules';

const MIB = 2 ** 20;
/** V8's young generation (48 MiB when full) and what Node keeps outside of its heap: code, buffers, the C library. */
const BESIDE_HEAP_MIB = 96;

/**
 * MiB of V8's old generation for a container with this memory: three quarters of it, less where 96 MiB would not be left beside it, and
 * never under one half. (Measured with Node 20, heap full: 122 MiB of 128, 220 of 256, 471 of 512.)
 *
 * What is left is for memory outside the heap, buffers and threads. Each thread of a task with `runIn: 'thread'` has a heap of its own, and V8
 * gives each the same limit (measured: the option also wins over a thread's `resourceLimits`). Several such tasks that need much memory at
 * once can therefore pass the container's limit together: give more memory, or a smaller `--max-old-space-size` in `nodeOptions`.
 */
export function heapMebibytes(memory: string): number {
  const limit = amountOf(memory) / MIB;
  return Math.floor(Math.max(limit / 2, Math.min((limit * 3) / 4, limit - BESIDE_HEAP_MIB)));
}

/** Value of NODE_OPTIONS. The user's come last: of an option that is given twice, Node takes the last. */
export function nodeOptions(memory: string, added: readonly string[] = []): string {
  return [`--max-old-space-size=${heapMebibytes(memory)}`, ...added].join(' ');
}

/** One option for each entry: NODE_OPTIONS is split at spaces. */
export const nodeOptionsRule: Rule = list(
  text(
    /^--[a-z][\w-]*(=[^\s"\\]+)?$/,
    'must be an option of Node, without spaces',
    'write it like "--enable-source-maps" or "--name=value"',
  ),
);
