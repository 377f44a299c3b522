import type { Logger } from 'pino';
import { errorMessage } from '../error-message';
import type { ResultBackend } from '../results/backend';
import type { Delivery } from './delivery';
import type { TaskReports } from './reports';
import type { Request } from './request';

/** Spares messages a second run that come again although their task has succeeded: their worker died between the result and the ack. */
export class Duplicates {
  /** Messages that were not run again, since the worker started. */
  private found = 0;

  constructor(
    private readonly results: ResultBackend,
    private readonly reports: TaskReports,
    private readonly log: Logger,
  ) {}

  /** @returns whether the task has succeeded before; its message is acked then */
  async settle(request: Request): Promise<boolean> {
    const { message, task, delivery } = request;
    if (!task.options.deduplicate || !(delivery.redelivered || delivery.failedDeliveries > 0) || hasCopies(delivery)) return false;
    if (!(await this.hasSucceeded(request))) return false;
    this.found += 1;
    this.reports.duplicate(request);
    const fields = { task: message.task, id: message.id, end: 'duplicate', status: 'SUCCESS', redelivered: true, duplicates: this.found };
    this.log.info(fields, 'task ended');
    delivery.ack();
    return true;
  }

  /** A task whose success nobody can confirm runs again: at least once is the promise that holds for every task. */
  private async hasSucceeded({ message }: Request): Promise<boolean> {
    try {
      return (await this.results.status(message.id)) === 'SUCCESS';
    } catch (error) {
      this.log.warn({ task: message.task, id: message.id, error: errorMessage(error) }, 'runs perhaps again: no word of its first run');
      return false;
    }
  }
}

/** A broadcast or a topic is one id in several queues: that one has succeeded says nothing of the others. */
function hasCopies({ queue, routingKey }: Delivery): boolean {
  return queue.broadcast !== undefined || !routingKey.endsWith(queue.name);
}
