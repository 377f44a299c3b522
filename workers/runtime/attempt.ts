import { type BadOutcome, failure, maxRetriesExceeded, softTimeLimitExceeded, type WireException } from '../celery/result';
import type { Task } from '../task';
import { type CallFacts, runInContext, type TaskContext } from '../task-context';
import { Ignore, Reject, Retry, SoftTimeLimitExceeded, TaskTerminated, WorkerDraining } from '../task-errors';
import { isRetried, mayRetry, retryDelay } from './retry-policy';
import type { Verdict } from './verdict';

/** Runs the task's function once and says how it ended. Never throws. Runs where the function runs: loop, thread or child process. */
export async function attempt(task: Task, args: readonly unknown[], context: TaskContext): Promise<Verdict> {
  try {
    return { kind: 'success', value: await runInContext(context, async () => task.run(...args)) };
  } catch (error) {
    return judge(task, context, error);
  }
}

/** What an error of a task means. */
export function judge(task: Task, facts: CallFacts, thrown: unknown): Verdict {
  const error = stopOf(thrown) ?? thrown;
  const policy = task.options.retry ?? {};
  if (error instanceof Ignore) return { kind: 'ignore' };
  if (error instanceof Reject) return { kind: 'reject', requeue: error.options.requeue ?? false, reason: error.reason };
  if (error instanceof TaskTerminated) return { kind: 'terminated', signal: error.message };
  if (error instanceof WorkerDraining) return { kind: 'drained' };
  if (error instanceof Retry) {
    const { max = policy.max, delaySeconds = retryDelay(policy, facts.retries), cause } = error.options;
    if (mayRetry(max, facts)) return { kind: 'retry', delaySeconds, ...described(cause) };
    return cause === undefined ? ended(maxRetriesExceeded(facts.task, facts.id)) : failed(cause);
  }
  if (isRetried(policy, error) && mayRetry(policy.max, facts)) {
    return { kind: 'retry', delaySeconds: retryDelay(policy, facts.retries), ...described(error) };
  }
  return failed(error);
}

/** Timers and many libraries throw an AbortError of their own when the signal is aborted, with its reason as the cause. */
function stopOf(error: unknown): Error | undefined {
  // By shape: such an error may come from another realm.
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: unknown };
  if (name !== 'AbortError') return undefined;
  return [SoftTimeLimitExceeded, TaskTerminated, WorkerDraining].some((type) => cause instanceof type) ? (cause as Error) : undefined;
}

function failed(error: unknown): Verdict {
  const told = failure(error);
  return ended(error instanceof SoftTimeLimitExceeded ? { ...softTimeLimitExceeded(), traceback: told.traceback } : told);
}

function ended({ exception, traceback }: BadOutcome): Verdict {
  return { kind: 'failure', exception, traceback };
}

function described(error: unknown): { exception: WireException | null; traceback: string | null } {
  if (error === undefined) return { exception: null, traceback: null };
  const { exception, traceback } = failure(error);
  return { exception, traceback };
}
