/** Numbers from 0 up to 1, the same ones for the same seed (the mulberry32 generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How the durations of tasks spread around their mean. */
export type Distribution = 'constant' | 'exponential';
export const DISTRIBUTIONS: readonly Distribution[] = ['constant', 'exponential'];

/** One duration, in the unit of the mean. */
export function drawDuration(distribution: Distribution, mean: number, random: () => number): number {
  return distribution === 'constant' ? mean : -mean * Math.log(1 - random());
}
