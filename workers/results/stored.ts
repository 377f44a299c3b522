import type { TaskMessage } from '../celery/message';
import { decodeResult, encodeResult, type TaskOutcome } from '../celery/result';
import { errorMessage } from '../error-message';
import type { TaskState } from './backend';

/** The key of a task's state in Redis; also the channel on which each change of it is published. */
export function keyOf(taskId: string): string {
  return `celery-task-meta-${taskId}`;
}

/** A task's state as Celery's Redis backend stores it. */
export function encodeStored({ id, parentId }: TaskMessage, state: TaskState, now: Date): string {
  const text = encodeResult(id, state, now).toString();
  if (parentId === null) return text;
  return JSON.stringify({ ...(JSON.parse(text) as object), parent_id: parentId });
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
