import { decodeResult, type TaskOutcome } from '../celery/result';
import { errorMessage } from '../error-message';

/** The key of a task's state in Redis; also the channel on which each change of it is published. */
export function keyOf(taskId: string): string {
  return `celery-task-meta-${taskId}`;
}

/** @throws Error when another program has stored something else there */
export function statusOf(stored: string): string {
  return readable(() => {
    const { status } = JSON.parse(stored) as { status?: unknown };
    if (typeof status !== 'string') throw new Error('no status');
    return status;
  });
}

/**
 * @returns `undefined` while the task has not ended
 * @throws Error when another program has stored something else there
 */
export function outcomeOf(stored: string): TaskOutcome | undefined {
  return readable(() => decodeResult(Buffer.from(stored))?.outcome);
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`not a JSON result of Celery (result_serializer and result_compression must be the defaults): ${errorMessage(error)}`, {
      cause: error,
    });
  }
}
