import { parseFormula } from '../../../tools/simulate/formula';

const valueOf = (formula: string): number => parseFormula(formula, ['queue0', 'queue1'])({ queue0: 7, queue1: 3 });

describe('parseFormula', () => {
  test.each([
    ['queue0 + queue1', 10],
    ['queue0-queue1-1', 3],
    ['queue0 + queue1 * 2', 13],
    ['(queue0 + queue1) / 4', 2.5],
    ['max(queue0, queue1, 8.5) - min(queue0, queue1)', 5.5],
  ])('computes %s', (formula, value) => expect(valueOf(formula)).toBe(value));

  test.each([
    ['queue0 + cpu', 'has cpu, which is no trigger'],
    ['queue0 queue1', 'has queue1 where its end belongs'],
    ['(queue0', 'has its end where ) belongs'],
    ['queue0 +', 'ends too early'],
    ['queue0 > 5 ? 1 : 0', 'has > where its end belongs'],
  ])('refuses %s', (formula, message) => expect(() => valueOf(formula)).toThrow(message));
});
