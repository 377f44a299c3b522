import {
  type BadOutcome,
  rejectedByTask,
  revoked,
  type TaskOutcome,
  type TaskProgress,
  timeLimitExceeded,
  workerLost,
} from '../celery/result';
import type { DeadLetterReason } from '../celery/rejected';
import type { CallFacts } from '../task-context';
import type { TaskOptions } from '../task-options';
import { mayRetry, retryDelay } from './retry-policy';
import type { Verdict } from './verdict';

/** How a delivery ends. A message that was acked early is past all of it. */
export type Ending =
  | { readonly kind: 'ack' }
  | { readonly kind: 'dead-letter'; readonly reason: DeadLetterReason; readonly detail: string }
  /** Given back as a failed delivery. */
  | { readonly kind: 'redeliver' }
  /** Given back as if not taken. */
  | { readonly kind: 'hand-back' };

/** What follows from a verdict. It is done in this order: again, outcome, ending; so nothing is acked that is not told. */
export interface Settlement {
  /** To be run again after this time. */
  readonly again?: { readonly delaySeconds: number };
  /** What the caller is told. */
  readonly outcome?: TaskOutcome | TaskProgress;
  readonly ending: Ending;
}

const ACK: Ending = { kind: 'ack' };

/** Celery's matrix of acknowledgements (late ack), with dead letters where Celery drops. */
export function settlementOf(verdict: Verdict, options: TaskOptions, facts: CallFacts): Settlement {
  switch (verdict.kind) {
    case 'success':
      return { outcome: { status: 'SUCCESS', result: verdict.value }, ending: ACK };
    case 'failure':
      return failed(options, { status: 'FAILURE', exception: verdict.exception, traceback: verdict.traceback });
    case 'retry': {
      const { delaySeconds, exception, traceback } = verdict;
      return { again: { delaySeconds }, outcome: { status: 'RETRY', exception, traceback }, ending: ACK };
    }
    case 'reject':
      if (verdict.requeue) return { ending: { kind: 'redeliver' } };
      return { outcome: rejectedByTask(verdict.reason), ending: { kind: 'dead-letter', reason: 'rejected', detail: verdict.reason } };
    case 'ignore':
      return { ending: ACK };
    case 'timeout':
      if (options.acknowledgeTimeout === false) return { ending: { kind: 'redeliver' } };
      return { outcome: timeLimitExceeded(verdict.seconds), ending: ACK };
    case 'lost':
      return lost(verdict.detail, options, facts);
    case 'terminated':
      return { outcome: revoked('terminated'), ending: ACK };
    case 'drained':
      break;
  }
  return { ending: { kind: 'hand-back' } };
}

function failed(options: TaskOptions, outcome: BadOutcome): Settlement {
  if (options.acknowledgeFailure !== false) return { outcome, ending: ACK };
  const detail = `${outcome.exception.exc_type}: ${outcome.exception.exc_message.join(', ')}`;
  return { outcome, ending: { kind: 'dead-letter', reason: 'task-failed', detail } };
}

function lost(detail: string, options: TaskOptions, facts: CallFacts): Settlement {
  const outcome = workerLost(detail);
  // What was acked at the start cannot be given back.
  const early = options.acknowledge === 'early';
  switch (options.onWorkerLost ?? 'redeliver') {
    case 'redeliver':
      return early ? { outcome, ending: ACK } : { ending: { kind: 'redeliver' } };
    case 'retry': {
      const policy = options.retry ?? {};
      if (!mayRetry(policy.max, facts)) return { outcome, ending: ACK };
      const told = { status: 'RETRY', exception: outcome.exception, traceback: null } as const;
      return { again: { delaySeconds: retryDelay(policy, facts.retries) }, outcome: told, ending: ACK };
    }
    case 'fail':
      break;
  }
  return { outcome, ending: ACK };
}
