import type { Publisher } from '../broker/publisher';
import type { TaskMessage } from '../celery/message';
import { encodeResult } from '../celery/result';
import type { ResultBackend, TaskState, Told } from './backend';

/** `rpc://`: results go to the queue of the caller and are kept nowhere. */
export class RpcBackend implements ResultBackend {
  constructor(private readonly publisher: Publisher) {}

  start(): void {
    // The publisher is the worker's own: it starts and stops it.
  }

  /** Results are not persistent, as in Celery: they are of use only to a caller that waits. */
  async store<S extends TaskState>(message: TaskMessage, state: S): Promise<Told<S>> {
    const { id, replyTo } = message;
    if (!replyTo) return state;
    const { content, told } = encodeResult(message, state, new Date());
    await this.publisher.publish({
      exchange: '',
      routingKey: replyTo,
      content,
      properties: { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: id, priority: 0, headers: {} },
      persistent: false,
    });
    return told;
  }

  async status(): Promise<undefined> {
    return undefined;
  }

  async stop(): Promise<void> {
    // As with `start`.
  }
}
