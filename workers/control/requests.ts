import { type EventBody, taskEvent } from '../celery/events';
import type { MessageProperties, TaskMessage } from '../celery/message';
import { pythonRepr, tupleRepr } from '../celery/repr';
import type { EventPublisher } from '../observe/events';
import type { RequestInfo } from './controlled-worker';

/** How a message came. */
export interface DeliveryInfo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly properties: MessageProperties;
}

type Ending =
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed' | 'retried'; readonly exception: string; readonly traceback: string | null }
  | { readonly kind: 'revoked'; readonly terminated: boolean; readonly signum: number | null; readonly expired: boolean }
  | { readonly kind: 'rejected'; readonly requeue: boolean }
  /** Handed back or given up without a word. */
  | { readonly kind: 'dropped' };

/**
 * The tasks of this worker that have not ended, and how many were started. Each change is told to `inspect` and, as an event, to Flower:
 * the runtime calls `received`, then the methods of what that returned.
 */
export class Requests {
  private readonly open = new Set<TrackedTask>();
  private readonly counts = new Map<string, number>();
  private started = 0;

  constructor(private readonly events: EventPublisher) {}

  /** Emits `task-received`. */
  received(message: TaskMessage, delivery: DeliveryInfo): TrackedTask {
    const request = new TrackedTask(message, delivery, this.events, {
      onStarted: () => {
        this.started += 1;
        this.counts.set(message.task, (this.counts.get(message.task) ?? 0) + 1);
      },
      onEnded: () => this.open.delete(request),
    });
    this.open.add(request);
    return request;
  }

  list(): readonly RequestInfo[] {
    return [...this.open];
  }

  get active(): number {
    let count = 0;
    for (const { state } of this.open) if (state === 'active') count += 1;
    return count;
  }

  /** Tasks started since the process began. */
  get processed(): number {
    return this.started;
  }

  totals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }
}

/** One task on this worker. `ended` comes last, and once. */
export class TrackedTask implements RequestInfo {
  state: RequestInfo['state'] = 'reserved';
  startedAt: number | null = null;
  acknowledged = false;
  pid: number | null = null;
  readonly id: string;
  readonly task: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly eta: Date | null;
  readonly stamps: Readonly<Record<string, unknown>>;
  readonly exchange: string;
  readonly routingKey: string;
  readonly priority: number;
  readonly redelivered: boolean;
  private startedMs = 0;

  constructor(
    message: TaskMessage,
    { exchange, routingKey, redelivered, properties }: DeliveryInfo,
    private readonly events: EventPublisher,
    private readonly hooks: { readonly onStarted: () => void; readonly onEnded: () => void },
  ) {
    const headers = properties.headers ?? {};
    this.id = message.id;
    this.task = message.task;
    this.name = textOr(headers['shadow'], message.task);
    this.args = message.args;
    this.kwargs = message.kwargs;
    this.argsrepr = textOr(headers['argsrepr'], '') || tupleRepr(message.args);
    this.kwargsrepr = textOr(headers['kwargsrepr'], '') || pythonRepr(message.kwargs);
    this.eta = message.eta;
    this.stamps = stampsIn(headers);
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.priority = properties.priority ?? 0;
    this.redelivered = redelivered;
    const { id, name, argsrepr, kwargsrepr } = this;
    const { rootId, parentId, retries } = message;
    const [eta, expires] = [textOr(headers['eta'], '') || null, textOr(headers['expires'], '') || null];
    events.task(() => taskEvent.received({ id, name, argsrepr, kwargsrepr, rootId, parentId, retries, eta, expires }));
  }

  /** It waits here for its time. */
  scheduled(): void {
    this.state = 'scheduled';
  }

  /** Emits `task-started`. */
  start(pid: number = process.pid): void {
    this.state = 'active';
    this.pid = pid;
    this.startedAt = Date.now();
    this.startedMs = performance.now();
    this.hooks.onStarted();
    this.events.task(() => taskEvent.started(this.id));
  }

  /** Emits the event of this ending, and the task is gone from the lists. */
  ended(ending: Ending): void {
    this.hooks.onEnded();
    if (ending.kind === 'dropped') return;
    const seconds = (performance.now() - this.startedMs) / 1000;
    this.events.task(() => endEvent(this.id, ending, seconds));
  }
}

function endEvent(id: string, ending: Exclude<Ending, { kind: 'dropped' }>, seconds: number): EventBody {
  switch (ending.kind) {
    case 'succeeded':
      return taskEvent.succeeded(id, pythonRepr(ending.result), seconds);
    case 'failed':
      return taskEvent.failed(id, ending.exception, ending.traceback);
    case 'retried':
      return taskEvent.retried(id, ending.exception, ending.traceback);
    case 'revoked':
      return taskEvent.revoked(id, { terminated: ending.terminated, signum: ending.signum, expired: ending.expired });
    case 'rejected':
    default:
      return taskEvent.rejected(id, ending.requeue);
  }
}

/** Stamps of a message: only those that `stamped_headers` names count (Celery 5.7). */
export function stampsIn(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { stamps, stamped_headers: names } = headers;
  if (typeof stamps !== 'object' || stamps === null || !Array.isArray(names)) return {};
  return Object.fromEntries(Object.entries(stamps).filter(([name]) => (names as unknown[]).includes(name)));
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
