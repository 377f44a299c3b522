import { capacityOf } from '../../../constructs/autoscaling/capacity';
import type { Scale } from '../../../constructs';

const RATE = { mode: 'MessageRate' } as const;

describe('capacityOf', () => {
  test.each<[options: Partial<Scale>, concurrency: number, hasFormula: boolean, target: number, factor: number]>([
    [{}, 4, false, 4, 1],
    [{}, 4, true, 4, 1],
    [{ messagesPerWorker: 7 }, 4, true, 7, 1],
    [{ latencyTargetSeconds: 60, meanTaskSeconds: 2 }, 4, true, 120, 1],
    [{ latencyTargetSeconds: 2, meanTaskSeconds: 2 }, 4, false, 4, 1],
    // Rounded down: KEDA has no fallback for a formula whose target is a fraction (HasValidFallback in fallback.go, KEDA 2.20.2).
    [{ latencyTargetSeconds: 10, meanTaskSeconds: 3 }, 1, true, 3, 1],
    [{ ...RATE, meanTaskSeconds: 2 }, 4, false, 2, 1],
    [{ ...RATE, meanTaskSeconds: 3 }, 1, false, 0.333, 1],
    [{ ...RATE, meanTaskSeconds: 100_000 }, 1, false, 0.001, 1],
    [{ ...RATE, meanTaskSeconds: 3 }, 4, true, 4, 3],
    [{ ...RATE, meanTaskSeconds: 0.25 }, 4, true, 4, 0.25],
  ])('of %j, concurrency %d, formula %s is %d per worker, times %d', (options, concurrency, hasFormula, target, factor) =>
    expect(capacityOf({ min: 1, max: 9, ...options }, concurrency, hasFormula)).toEqual({ target, factor }),
  );
});
