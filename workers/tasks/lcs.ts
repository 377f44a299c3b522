import { task } from '../task';

/** The longest common substring of two texts: computes, so it runs in a thread. */
export const lcs = task('tasks.lcs', { runIn: 'thread', parameters: ['a', 'b'] }, longestCommonSubstring);

/** The longest text that stands in both, the first one of several: time |a| x |b|, memory |b|. */
export function longestCommonSubstring(a: string, b: string): string {
  let longest = 0;
  let end = 0;
  let previous = new Uint32Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    const current = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      if (a.charCodeAt(i - 1) !== b.charCodeAt(j - 1)) continue;
      const length = (previous[j - 1] ?? 0) + 1;
      current[j] = length;
      if (length > longest) [longest, end] = [length, i];
    }
    previous = current;
  }
  return a.slice(end - longest, end);
}
