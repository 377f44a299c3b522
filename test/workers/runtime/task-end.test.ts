import type { TaskEnd } from '../../../workers/observe/task-metrics';
import { settlementOf } from '../../../workers/runtime/settlement';
import { taskEnd } from '../../../workers/runtime/task-end';
import type { Verdict } from '../../../workers/runtime/verdict';
import type { CallFacts } from '../../../workers/task-context';
import type { TaskOptions } from '../../../workers/task-options';
import type { Queue } from '../../../workers/topology';

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
const QUEUE = { name: 'q' } as Queue;
const OPEN = { open: true, lost: false, queue: QUEUE };
const ACKED = { ...OPEN, open: false };
const LOST = { ...ACKED, lost: true };
const HEARD = { ...OPEN, queue: { ...QUEUE, broadcast: 'news' } };
const FAILURE: Verdict = { kind: 'failure', exception: { exc_type: 'E', exc_message: [], exc_module: 'js' }, traceback: null };
const DIED: Verdict = { kind: 'lost', detail: 'signal 9' };
const REQUEUE: Verdict = { kind: 'reject', requeue: true, reason: 'no' };

describe('taskEnd: what metrics say of a settlement', () => {
  it.each<[string, Verdict, TaskOptions, typeof OPEN, TaskEnd]>([
    ['success', { kind: 'success', value: 1 }, {}, OPEN, 'success'],
    ['success whose delivery was lost', { kind: 'success', value: 1 }, {}, LOST, 'success'],
    ['failure', FAILURE, {}, OPEN, 'failure'],
    ['failure that is not done', FAILURE, { acknowledgeFailure: false }, OPEN, 'failure'],
    ['retry', { kind: 'retry', delaySeconds: 5, exception: null, traceback: null }, {}, OPEN, 'retry'],
    ['ignore', { kind: 'ignore' }, {}, OPEN, 'ignored'],
    ['reject', { kind: 'reject', requeue: false, reason: 'no' }, {}, OPEN, 'rejected'],
    ['reject with requeue', REQUEUE, {}, OPEN, 'redelivered'],
    ['reject with requeue, acked early', REQUEUE, { acknowledge: 'early' }, ACKED, 'rejected'],
    ['reject with requeue of a broadcast', REQUEUE, {}, HEARD, 'rejected'],
    ['timeout', { kind: 'timeout', seconds: 1 }, {}, OPEN, 'failure'],
    ['timeout that is not done', { kind: 'timeout', seconds: 1 }, { acknowledgeTimeout: false }, OPEN, 'redelivered'],
    ['worker lost', DIED, {}, OPEN, 'redelivered'],
    ['worker and delivery lost', DIED, {}, LOST, 'redelivered'],
    ['worker lost, fail', DIED, { onWorkerLost: 'fail' }, OPEN, 'failure'],
    ['worker lost, retry', DIED, { onWorkerLost: 'retry' }, OPEN, 'retry'],
    ['terminated', { kind: 'terminated', signal: 'SIGTERM' }, {}, OPEN, 'revoked'],
    ['drained', { kind: 'drained' }, {}, OPEN, 'handed-back'],
  ])('%s', (_, verdict, options, delivery, end) => expect(taskEnd(settlementOf(verdict, options, FACTS), delivery)).toBe(end));
});
