import { SoftTimeLimitExceeded, TaskTerminated, WorkerDraining } from '../../task-errors';
import type { StopReason } from './pool';

/** The error that a task's signal is aborted with. */
export function stopError(reason: StopReason): Error {
  switch (reason.kind) {
    case 'soft-limit':
      return new SoftTimeLimitExceeded(reason.seconds);
    case 'terminated':
      return new TaskTerminated(reason.signal);
    case 'draining':
      break;
  }
  return new WorkerDraining('the worker stops');
}
