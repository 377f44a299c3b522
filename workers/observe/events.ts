import { loadavg, type as systemName } from 'node:os';
import type { LamportClock } from '../celery/clock';
import type { EncodedMessage } from '../celery/control';
import { type EventBody, eventProperties, eventRoutingKey, MULTI_ROUTING_KEY, stampEvent } from '../celery/events';
import { VERSION } from '../version';

export interface EventPublisherOptions {
  readonly nodeName: string;
  readonly clock: LamportClock;
  /** Sends, or drops when that would take time. */
  readonly publish: (routingKey: string, message: EncodedMessage) => boolean;
  /** Tasks that run now, and tasks started since the process began. */
  readonly counts: () => { readonly active: number; readonly processed: number };
  /** Task events are always sent, also when nobody has asked for them. */
  readonly alwaysTasks: boolean;
}

/** Monitors call a worker dead after twice this many seconds without a word. */
const HEARTBEAT_SECONDS = 2;
/** As Celery: a list is sent at the latest with so many events. */
const MOST_BUFFERED = 24;

/**
 * Tells Flower and other monitors what this worker does. Best effort: an event that cannot be sent at once is dropped, because no task
 * waits for its event.
 */
export class EventPublisher {
  private buffer: EventBody[] = [];
  private tasksOn: boolean;
  private heart: NodeJS.Timeout | undefined;

  constructor(private readonly options: EventPublisherOptions) {
    this.tasksOn = options.alwaysTasks;
  }

  /** Says `worker-online` and from then on `worker-heartbeat`; again after each reconnect. */
  online(): void {
    this.sendNow(this.workerEvent('worker-online'));
    this.heart ??= setInterval(() => this.heartbeat(), HEARTBEAT_SECONDS * 1000).unref();
  }

  /** @param freq seconds until the next one, as monitors are told */
  heartbeat(freq = HEARTBEAT_SECONDS): void {
    this.sendNow(this.workerEvent('worker-heartbeat', freq));
  }

  /** Sends what is buffered, then `worker-offline`. */
  offline(): void {
    clearInterval(this.heart);
    this.flush();
    this.sendNow(this.workerEvent('worker-offline'));
  }

  /** @returns whether they were off */
  enableTasks(): boolean {
    const changed = !this.tasksOn;
    this.tasksOn = true;
    return changed;
  }

  /** @returns whether they were on and could be switched off */
  disableTasks(): boolean {
    if (this.options.alwaysTasks || !this.tasksOn) return false;
    this.flush();
    this.tasksOn = false;
    return true;
  }

  get tasksEnabled(): boolean {
    return this.tasksOn;
  }

  /**
   * Sends an event of a task, with others of the same turn of the event loop.
   * @param build not called while task events are off
   */
  task(build: () => EventBody): void {
    if (!this.tasksOn) return;
    this.buffer.push(this.stamp(build()));
    if (this.buffer.length >= MOST_BUFFERED) this.flush();
    else if (this.buffer.length === 1) setImmediate(() => this.flush());
  }

  /**
   * An event of a task's own (Celery's `self.send_event`).
   * @param type for example `task-progress`
   * @throws Error when the type does not begin with `task-` or a field is no JSON
   */
  custom(type: string, uuid: string, fields: Readonly<Record<string, unknown>>): void {
    if (!/^task-[\w.-]{1,100}$/.test(type)) throw new Error(`event type ${JSON.stringify(type)} -> write "task-" and a name`);
    // A copy as JSON: the fields may change before the event leaves, and what is no JSON would spoil the whole list.
    const copy = JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
    this.task(() => ({ ...copy, type, uuid }));
  }

  private flush(): void {
    if (this.buffer.length === 0) return;
    const events = this.buffer;
    this.buffer = [];
    this.publish(MULTI_ROUTING_KEY, events);
  }

  private sendNow(event: EventBody): void {
    this.publish(eventRoutingKey(event.type), this.stamp(event));
  }

  private publish(routingKey: string, body: EventBody | readonly EventBody[]): void {
    const { nodeName, publish } = this.options;
    publish(routingKey, { content: Buffer.from(JSON.stringify(body)), properties: eventProperties(nodeName) });
  }

  private stamp(event: EventBody): EventBody {
    const { nodeName, clock } = this.options;
    return stampEvent(event, { nodeName, pid: process.pid }, clock.forward(), Date.now());
  }

  private workerEvent(type: string, freq: number = HEARTBEAT_SECONDS): EventBody {
    const { active, processed } = this.options.counts();
    const load = loadavg().map((value) => Math.round(value * 100) / 100);
    return { type, freq, active, processed, loadavg: load, sw_ident: 'warren', sw_ver: VERSION, sw_sys: systemName() };
  }
}
