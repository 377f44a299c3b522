import type { TaskEnd } from '../observe/task-metrics';
import type { Delivery } from './delivery';
import type { Settlement } from './settlement';

/** What metrics say of a task that ended so. */
export function taskEnd({ again, outcome, ending }: Settlement, delivery: Pick<Delivery, 'open' | 'lost' | 'queue'>): TaskEnd {
  if (again) return 'retry';
  if (outcome?.status === 'SUCCESS') return 'success';
  if (outcome?.status === 'REVOKED') return 'revoked';
  switch (ending.kind) {
    case 'dead-letter':
      return ending.reason === 'rejected' ? 'rejected' : 'failure';
    case 'redeliver':
      // What was acked at its start does not come back, and neither does a broadcast.
      return (delivery.open || delivery.lost) && !delivery.queue.broadcast ? 'redelivered' : 'rejected';
    case 'hand-back':
      return 'handed-back';
    case 'ack':
      break;
  }
  return outcome ? 'failure' : 'ignored';
}
