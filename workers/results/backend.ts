import type { LinkFigures } from '../broker/link';
import type { TaskMessage } from '../celery/message';
import type { BadOutcome, TaskOutcome, TaskProgress } from '../celery/result';

export type TaskState = TaskOutcome | TaskProgress;

/** What was told of a state: itself, or that its value cannot be sent. */
export type Told<S extends TaskState> = S | BadOutcome;

/** Where a worker puts what becomes of its tasks. */
export interface ResultBackend {
  /** Of its own connection; `rpc://` has none. */
  readonly figures?: LinkFigures;
  start(): void;
  /**
   * @returns what the caller is told
   * @throws Error in bounded time, about 10 s, when nobody has taken it
   */
  store<S extends TaskState>(message: TaskMessage, state: S): Promise<Told<S>>;
  /**
   * The state a task is in, in Celery's words.
   * @returns `undefined` where nothing is stored, or nothing is kept
   * @throws Error in bounded time when the backend does not answer
   */
  status(taskId: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** How a task ended, not a state on the way there. */
export function isOutcome(state: TaskState): state is TaskOutcome {
  return ['SUCCESS', 'FAILURE', 'REVOKED'].includes(state.status);
}
