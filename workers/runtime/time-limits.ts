import { limitsOf, type Queue } from '../topology';
import type { TaskOptions } from '../task-options';
import type { TaskMessage } from '../celery/message';
import type { RunningCall } from './pools/pool';
import type { Verdict } from './verdict';

export interface TimeLimits {
  readonly softSeconds: number;
  readonly hardSeconds: number;
}

/** Longest wait of one timer: above 2^31 ms Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The limits of one call: the message's own, else the task's, else the queue's (Celery's order). Never above the queue's, because the
 * broker's consumer timeout and the pod's grace period are made for those.
 */
export function timeLimitsOf(message: Pick<TaskMessage, 'timeLimit'>, options: TaskOptions, queue: Queue): TimeLimits {
  const most = limitsOf(queue);
  const hard = message.timeLimit.hardSeconds ?? options.hardTimeLimitSeconds ?? most.hardTimeLimitSeconds;
  const soft = message.timeLimit.softSeconds ?? options.softTimeLimitSeconds ?? most.softTimeLimitSeconds;
  return { hardSeconds: Math.min(hard, most.hardTimeLimitSeconds), softSeconds: Math.min(soft, most.softTimeLimitSeconds) };
}

/**
 * Waits for a task and ends it at its limits.
 * @param onUnkillable called when a task runs over its hard limit where it cannot be killed
 */
export async function withinLimits(running: RunningCall, limits: TimeLimits, onUnkillable: () => void): Promise<Verdict> {
  const timers = [after(limits.softSeconds, () => running.stop({ kind: 'soft-limit', seconds: limits.softSeconds }))];
  const over = new Promise<Verdict>((resolve) => {
    timers.push(
      after(limits.hardSeconds, () => {
        if (!running.kill()) onUnkillable();
        resolve({ kind: 'timeout', seconds: limits.hardSeconds });
      }),
    );
  });
  try {
    return await Promise.race([running.verdict, over]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function after(seconds: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(seconds * 1000, LONGEST_TIMER_MS));
}
