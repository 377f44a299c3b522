import type { MessageProperties } from './message';

/** Durable topic exchange of all events. */
export const EVENT_EXCHANGE = 'celeryev';

/** One event: its type, `worker-...` or `task-...`, and the fields of that type. */
export interface EventBody {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a worker says of a task it has received. */
export interface ReceivedTask {
  readonly id: string;
  readonly name: string;
  /** Arguments as the sender wants them shown, not as they are. */
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly retries: number;
  readonly eta: string | null;
  readonly expires: string | null;
}

const LONGEST_REPR = 1024;
const LONGEST_TRACEBACK = 10_000;

/** The events of one task, field by field as Celery's workers send them. */
export const taskEvent = {
  received: (task: ReceivedTask): EventBody => ({
    type: 'task-received',
    uuid: task.id,
    name: task.name,
    args: cut(task.argsrepr, LONGEST_REPR),
    kwargs: cut(task.kwargsrepr, LONGEST_REPR),
    root_id: task.rootId,
    parent_id: task.parentId,
    retries: task.retries,
    eta: task.eta,
    expires: task.expires,
  }),
  started: (uuid: string): EventBody => ({ type: 'task-started', uuid }),
  /** @param runtime seconds */
  succeeded: (uuid: string, result: string, runtime: number): EventBody => ({
    type: 'task-succeeded',
    uuid,
    result: cut(result, LONGEST_REPR),
    runtime,
  }),
  failed: (uuid: string, exception: string, traceback: string | null): EventBody => ({
    type: 'task-failed',
    uuid,
    exception: cut(exception, LONGEST_REPR),
    traceback: cut(traceback ?? '', LONGEST_TRACEBACK),
  }),
  retried: (uuid: string, exception: string, traceback: string | null): EventBody => ({
    type: 'task-retried',
    uuid,
    exception: cut(exception, LONGEST_REPR),
    traceback: cut(traceback ?? '', LONGEST_TRACEBACK),
  }),
  revoked: (uuid: string, how: { terminated: boolean; signum: number | null; expired: boolean }): EventBody => ({
    type: 'task-revoked',
    uuid,
    ...how,
  }),
  rejected: (uuid: string, requeue: boolean): EventBody => ({ type: 'task-rejected', uuid, requeue }),
} as const;

/** Who sends an event. */
export interface EventSender {
  readonly nodeName: string;
  readonly pid: number;
}

/** The envelope around an event. Times are UTC, so the offset is 0. */
export function stampEvent(event: EventBody, { nodeName, pid }: EventSender, clock: number, nowMs: number): EventBody {
  return { hostname: nodeName, utcoffset: 0, pid, clock, ...event, timestamp: nowMs / 1000 };
}

/** `worker-online` is published with the routing key `worker.online`. */
export function eventRoutingKey(type: string): string {
  return type.replace('-', '.');
}

/** Routing key of a message that holds a list of events. */
export const MULTI_ROUTING_KEY = 'task.multi';

export function eventProperties(nodeName: string): MessageProperties {
  return { contentType: 'application/json', contentEncoding: 'utf-8', priority: 0, headers: { hostname: nodeName } };
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}
