import type { TaskMessage } from '../celery/message';
import type { TerminationSignal } from '../control/controlled-worker';
import type { TrackedTask } from '../control/requests';
import type { Task } from '../task';
import type { CallFacts } from '../task-context';
import type { Delivery } from './delivery';
import type { RunningCall } from './pools/pool';

/** A message that is to be run: Celery's word for it. */
export class Request {
  readonly receivedAt = Date.now();
  /** Set when its task starts. */
  startedAt: number | undefined;
  /** What `inspect` and events know of it; set when it is accepted for running. */
  tracked: TrackedTask | undefined;
  /** Signal it was revoked with while it ran. */
  terminatedBy: TerminationSignal | undefined;
  /** Set while its task runs. */
  running: RunningCall | undefined;

  constructor(
    readonly message: TaskMessage,
    readonly task: Task,
    /** Another one when the broker took the first back while the task ran, and gave the message to this worker again. */
    public delivery: Delivery,
  ) {}

  get facts(): CallFacts {
    const { message, delivery } = this;
    return {
      id: message.id,
      task: message.task,
      queue: delivery.queue.name,
      retries: message.retries,
      redelivered: delivery.redelivered,
      failedDeliveries: delivery.failedDeliveries,
      rootId: message.rootId,
      parentId: message.parentId,
      headers: message.headers,
    };
  }
}
