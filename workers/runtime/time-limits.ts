import { limitsOf, type Queue } from '../topology';
import type { TaskOptions } from '../task-options';
import type { TaskMessage } from '../celery/message';
import { LONGEST_TIMER_MS } from '../longest-timer';

export interface TimeLimits {
  readonly softSeconds: number;
  readonly hardSeconds: number;
}

/** Limits of a task that remote control has set in place of its own. */
export type TimeLimitOverride = Pick<TaskOptions, 'hardTimeLimitSeconds' | 'softTimeLimitSeconds'>;

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

/** A timer for a limit. */
export function after(seconds: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(seconds * 1000, LONGEST_TIMER_MS));
}
