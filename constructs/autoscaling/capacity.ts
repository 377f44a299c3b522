import { withoutUndefined } from '../../workers/topology';
import { SCALE_DEFAULTS, type Scale } from './scale';

/** By what a group is scaled: the sum of its queues' figures, and how much of it one worker takes. */
export interface Capacity {
  /**
   * Figure of one worker; a whole number wherever there is a formula: KEDA 2.20.2 admits a fraction there, and then leaves out the
   * fallback without a word (`HasValidFallback`).
   */
  readonly target: number;
  /** What the sum of the queues' figures is multiplied with. */
  readonly factor: number;
}

/**
 * With several queues a message rate is turned into tasks that run at once (rate times mean time), of which a worker takes `concurrency`;
 * alone it is compared with the rate that one worker keeps up with.
 */
export function capacityOf(scale: Scale, concurrency: number, hasFormula: boolean): Capacity {
  const { mode, messagesPerWorker, latencyTargetSeconds, meanTaskSeconds } = { ...SCALE_DEFAULTS, ...withoutUndefined(scale) };
  if (mode === 'MessageRate' && meanTaskSeconds !== undefined) {
    return hasFormula ? { target: concurrency, factor: meanTaskSeconds } : { target: rounded(concurrency / meanTaskSeconds), factor: 1 };
  }
  if (messagesPerWorker !== undefined) return { target: messagesPerWorker, factor: 1 };
  if (latencyTargetSeconds === undefined || meanTaskSeconds === undefined) return { target: concurrency, factor: 1 };
  return { target: Math.max(1, Math.floor((concurrency * latencyTargetSeconds) / meanTaskSeconds)), factor: 1 };
}

/** KEDA keeps thousandths; rounded down to them, so that a worker never gets more than it can do. */
function rounded(rate: number): number {
  return Math.max(0.001, Math.floor(rate * 1000) / 1000);
}
