import { setTimeout } from 'node:timers/promises';
import { task } from '../task';

/** Counts to `to`, resting `restSeconds` after each step: work that takes time without using the CPU. */
export const count = task(
  'tasks.count',
  { parameters: ['to', 'restSeconds'] },
  async (to: number, restSeconds: number = 0): Promise<number> => {
    let counted = 0;
    while (counted < to) {
      counted += 1;
      if (restSeconds > 0) await setTimeout(restSeconds * 1000);
    }
    return counted;
  },
);
