import type { Publisher } from '../broker/publisher';
import type { TaskMessage } from '../celery/message';
import { encodeResult } from '../celery/result';
import type { ResultBackend, TaskState } from './backend';

/** `rpc://`: results go to the queue of the caller and are kept nowhere. */
export class RpcBackend implements ResultBackend {
  constructor(private readonly publisher: Publisher) {}

  start(): void {
    // The publisher is the worker's own: it starts and stops it.
  }

  /** Results are not persistent, as in Celery: they are of use only to a caller that waits. */
  async store({ id, replyTo }: TaskMessage, state: TaskState): Promise<void> {
    if (!replyTo) return;
    await this.publisher.publish({
      exchange: '',
      routingKey: replyTo,
      content: encodeResult(id, state, new Date()),
      properties: { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: id, priority: 0, headers: {} },
      persistent: false,
    });
  }

  async status(): Promise<undefined> {
    return undefined;
  }

  async stop(): Promise<void> {
    // As with `start`.
  }
}
