import type { TaskMessage } from '../celery/message';
import type { TrackedTask } from '../control/requests';
import type { Task } from '../task';
import type { CallFacts } from '../task-context';
import type { Delivery } from './delivery';
import type { SupervisedCall } from './supervised-call';

/** A message that is to be run: Celery's word for it. */
export class Request {
  /** What `inspect` and events know of it; set when it is accepted for running. */
  tracked: TrackedTask | undefined;
  /** Set when its task starts. */
  startedAt: number | undefined;
  /** Process its task runs in; set when it starts there. */
  pid: number | undefined;
  /** Set while its task runs and is waited for. */
  running: SupervisedCall | undefined;
  /** Set when it has ended while its function runs on; resolves when that ends. Its slot stays taken until then. */
  lingering: Promise<unknown> | undefined;

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
