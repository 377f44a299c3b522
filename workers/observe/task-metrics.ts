import { Counter, Histogram, type Registry } from 'prom-client';
import { DEAD_LETTER_REASONS, type DeadLetterReason } from '../celery/rejected';
import type { Queue } from '../topology';

/** How a task can end on a worker: values of the label `outcome`. */
export const TASK_ENDS = [
  'success',
  'failure',
  /** Is run again later. */
  'retry',
  /** Threw `Ignore`. */
  'ignored',
  /** Threw `Reject`. */
  'rejected',
  /** Given back as a failed delivery: its thread or child died, or it threw `Reject` with `requeue`. */
  'redelivered',
  /** Taken back before or while it ran. */
  'revoked',
  /** Came too late to be run. */
  'expired',
  /** Had succeeded before. */
  'duplicate',
  /** Did not end before the drain did. */
  'handed-back',
] as const;
export type TaskEnd = (typeof TASK_ENDS)[number];

/** A registered task, and the queue its message came from. */
export interface TaskOnQueue {
  readonly task: { readonly name: string };
  readonly delivery: { readonly queue: Pick<Queue, 'name' | 'broadcast'> };
}

/** 10 ms to an hour. */
const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 900, 1800, 3600];

/**
 * Counts what becomes of messages and tasks. Labels have values of the declaration and of the code only: what anybody may send, such as the
 * name of an unknown task, never becomes one.
 */
export class TaskMetrics {
  private readonly messages: Counter;
  private readonly deadLetters: Counter;
  private readonly starts: Counter;
  private readonly ends: Counter;
  private readonly seconds: Histogram;

  /**
   * A counter that appears with the value 1 has not increased for Prometheus: the first failure in each pod would be missed. So what is
   * watched is there from the beginning.
   * @param expected tasks and the queues they are likely to come from
   * @param queues from which dead letters may come
   */
  constructor(registry: Registry, expected: readonly TaskOnQueue[], queues: readonly Queue[]) {
    const registers = [registry];
    this.messages = new Counter({
      name: 'warren_messages_received_total',
      help: 'Messages that the broker gave to this worker; redelivered "true": it had given them to some worker before.',
      labelNames: ['queue', 'redelivered'],
      registers,
    });
    this.deadLetters = new Counter({
      name: 'warren_messages_dead_lettered_total',
      help: 'Messages that this worker put into the dead-letter queue, by the reason in their header x-reject-reason.',
      labelNames: ['queue', 'reason'],
      registers,
    });
    this.starts = new Counter({
      name: 'warren_tasks_started_total',
      help: 'Tries of tasks whose function began.',
      labelNames: ['task', 'queue'],
      registers,
    });
    this.ends = new Counter({
      name: 'warren_tasks_ended_total',
      help: 'Tries of tasks that ended, by outcome; some ended before they began.',
      labelNames: ['task', 'queue', 'outcome'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'warren_task_duration_seconds',
      help: 'Time from the beginning of the function to its end, whatever its outcome.',
      labelNames: ['task', 'queue'],
      buckets: SECONDS,
      registers,
    });
    for (const each of expected) this.showFromZero(each);
    for (const queue of queues) for (const reason of DEAD_LETTER_REASONS) this.deadLetters.inc({ queue: nameOf(queue), reason }, 0);
  }

  received({ queue, redelivered }: TaskOnQueue['delivery'] & { readonly redelivered: boolean }): void {
    this.messages.inc({ queue: nameOf(queue), redelivered: String(redelivered) });
  }

  deadLettered(queue: TaskOnQueue['delivery']['queue'], reason: DeadLetterReason): void {
    this.deadLetters.inc({ queue: nameOf(queue), reason });
  }

  started(of: TaskOnQueue): void {
    this.starts.inc(labelsOf(of));
  }

  /** The function runs no more, or is not waited for. */
  ran(of: TaskOnQueue, seconds: number): void {
    this.seconds.observe(labelsOf(of), seconds);
  }

  ended(of: TaskOnQueue, outcome: TaskEnd): void {
    this.ends.inc({ ...labelsOf(of), outcome });
  }

  private showFromZero(of: TaskOnQueue): void {
    this.starts.inc(labelsOf(of), 0);
    for (const outcome of ['success', 'failure'] satisfies TaskEnd[]) this.ends.inc({ ...labelsOf(of), outcome }, 0);
  }
}

function labelsOf({ task, delivery }: TaskOnQueue): { readonly task: string; readonly queue: string } {
  return { task: task.name, queue: nameOf(delivery.queue) };
}

/** Each worker has a queue of its own at a broadcast, under another name at each connection. */
function nameOf({ name, broadcast }: TaskOnQueue['delivery']['queue']): string {
  return broadcast ?? name;
}
