import { settlementOf } from '../../../workers/runtime/settlement';
import type { Verdict } from '../../../workers/runtime/verdict';
import type { CallFacts } from '../../../workers/task-context';
import type { TaskOptions } from '../../../workers/task-options';

const FACTS: CallFacts = {
  id: 'id',
  task: 't',
  queue: 'q',
  retries: 0,
  redelivered: false,
  failedDeliveries: 0,
  rootId: 'id',
  parentId: null,
  headers: {},
};
const EXCEPTION = { exc_type: 'ValueError', exc_message: ['no'], exc_module: 'js' };
const FAILURE: Verdict = { kind: 'failure', exception: EXCEPTION, traceback: null };
const LOST: Verdict = { kind: 'lost', detail: 'signal 9' };

describe('settlementOf: what follows from how a task ended', () => {
  it.each<[string, Verdict, TaskOptions, string, string | undefined, string | undefined]>([
    // verdict, options, ending, state told, class told
    ['success', { kind: 'success', value: 1 }, {}, 'ack', 'SUCCESS', undefined],
    ['failure', FAILURE, {}, 'ack', 'FAILURE', 'ValueError'],
    ['failure that is not done', FAILURE, { acknowledgeFailure: false }, 'dead-letter', 'FAILURE', 'ValueError'],
    ['retry', { kind: 'retry', delaySeconds: 5, exception: null, traceback: null }, {}, 'ack', 'RETRY', undefined],
    ['reject', { kind: 'reject', requeue: false, reason: 'no' }, {}, 'dead-letter', 'FAILURE', 'Reject'],
    ['reject with requeue', { kind: 'reject', requeue: true, reason: 'no' }, {}, 'redeliver', undefined, undefined],
    ['ignore', { kind: 'ignore' }, {}, 'ack', undefined, undefined],
    ['timeout', { kind: 'timeout', seconds: 1 }, {}, 'ack', 'FAILURE', 'TimeLimitExceeded'],
    ['timeout that is not done', { kind: 'timeout', seconds: 1 }, { acknowledgeTimeout: false }, 'redeliver', undefined, undefined],
    ['worker lost', LOST, {}, 'redeliver', undefined, undefined],
    ['worker lost, acked early', LOST, { acknowledge: 'early' }, 'ack', 'FAILURE', 'WorkerLostError'],
    ['worker lost, fail', LOST, { onWorkerLost: 'fail' }, 'ack', 'FAILURE', 'WorkerLostError'],
    ['worker lost, retry', LOST, { onWorkerLost: 'retry' }, 'ack', 'RETRY', 'WorkerLostError'],
    ['worker lost, no retry left', LOST, { onWorkerLost: 'retry', retry: { max: 0 } }, 'ack', 'FAILURE', 'WorkerLostError'],
    ['terminated', { kind: 'terminated', signal: 'SIGTERM' }, {}, 'ack', 'REVOKED', 'TaskRevokedError'],
    ['drained', { kind: 'drained' }, {}, 'hand-back', undefined, undefined],
  ])('%s', (_, verdict, options, ending, status, type) => {
    const settlement = settlementOf(verdict, options, FACTS);
    expect(settlement.ending.kind).toBe(ending);
    expect(settlement.outcome?.status).toBe(status);
    const { outcome } = settlement;
    expect(outcome && 'exception' in outcome ? outcome.exception?.exc_type : undefined).toBe(type);
  });

  it('says after which time a task is run again', () => {
    const verdict: Verdict = { kind: 'retry', delaySeconds: 5, exception: null, traceback: null };
    expect(settlementOf(verdict, {}, FACTS).again).toEqual({ delaySeconds: 5 });
    expect(settlementOf(LOST, { onWorkerLost: 'retry', retry: { delaySeconds: 7 } }, FACTS).again).toEqual({ delaySeconds: 7 });
    expect(settlementOf(FAILURE, {}, FACTS).again).toBeUndefined();
  });
});
