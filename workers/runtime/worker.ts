import type { Logger } from 'pino';
import { setTimeout } from 'node:timers/promises';
import { credentialsFrom } from '../broker/credentials';
import { Link } from '../broker/link';
import { Publisher } from '../broker/publisher';
import type { WorkerConfig } from '../config';
import { HealthServer } from '../observe/health';
import type { Task } from '../task';
import { RemoteControl } from '../control/remote-control';
import { Consumer } from './consumer';
import { controlledWorker } from './controlled-worker';
import { Executor } from './executor';
import { Threads } from './threads';

export interface WorkerOptions {
  readonly config: WorkerConfig;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Absolute path of the module that declares the tasks. */
  readonly tasksModule: string;
  readonly log: Logger;
}

/** A broker that is away does not hold up the end of the process. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * - `connecting`: no consumer yet, or again
 * - `consuming`: takes tasks
 * - `draining`: takes no more, finishes what runs
 * - `stopped`: all connections closed
 */
export type WorkerState = 'connecting' | 'consuming' | 'draining' | 'stopped';

/** One worker process: consumes its queues, runs tasks, answers, drains. */
export class Worker {
  private readonly consuming: Link;
  private readonly control: RemoteControl;
  private readonly publisher: Publisher;
  private readonly consumer: Consumer;
  private readonly threads: Threads;
  private readonly health: HealthServer;
  private ending: 'draining' | 'stopped' | undefined;

  constructor(private readonly options: WorkerOptions) {
    const { config, log, tasks, tasksModule } = options;
    const connection = {
      hosts: config.brokerHosts,
      virtualHost: config.topology.virtualHost,
      credentials: credentialsFrom(config.brokerCredentials),
      log,
    };
    this.control = new RemoteControl({
      worker: controlledWorker(options, () => this.control),
      mode: config.remoteControl,
      taskEvents: config.taskEvents,
      log,
    });
    // Two connections: when the broker blocks publishers for lack of memory, the worker still consumes and so relieves it.
    this.publisher = new Publisher({
      ...connection,
      name: `${config.nodeName} publisher`,
      onConnection: (model) => this.control.attachPublisher(model),
    });
    this.threads = new Threads(tasksModule, config.concurrency);
    const executor = new Executor({
      tasks,
      log,
      requests: this.control.requests,
      revoked: this.control.revoked,
      runInThread: (task, args) => this.threads.run(task, args),
      sendResult: (replyTo, taskId, body) => this.sendResult(replyTo, taskId, body),
    });
    this.consumer = new Consumer({
      topology: config.topology,
      queues: config.topology.queues.filter((queue) => config.queues.includes(queue.name)),
      concurrency: config.concurrency,
      executor,
      publisher: this.publisher,
      log,
      onLost: (reason) => this.consuming.abandon(reason),
    });
    this.consuming = new Link({
      ...connection,
      name: `${config.nodeName} consumer`,
      setup: async (model) => {
        await this.control.attachConsumer(model);
        if (!this.ending) await this.consumer.setup(model);
      },
    });
    this.health = new HealthServer(() => this.unreadyReason());
  }

  get state(): WorkerState {
    return this.ending ?? (this.consuming.up ? 'consuming' : 'connecting');
  }

  /** Starts and returns at once; `/readyz` says when tasks are taken. */
  async start(): Promise<void> {
    const { config, tasks, log } = this.options;
    const port = await this.health.start(config.healthPort);
    log.info({ tasks: [...tasks.keys()], queues: config.queues, concurrency: config.concurrency, healthPort: port }, 'worker starting');
    this.publisher.start();
    this.consuming.start();
  }

  /**
   * Drains and stops: takes no more messages, waits for running tasks, hands back what cannot finish in time.
   * @param hurry ends the waiting
   * @returns number of unfinished messages that were handed back
   */
  async stop(hurry: AbortSignal): Promise<number> {
    const { config, log } = this.options;
    this.ending = 'draining';
    log.info({ running: this.consumer.active, drainSeconds: config.drainSeconds }, 'draining');
    await this.consumer.stopConsuming();
    const done = new AbortController();
    const signal = AbortSignal.any([hurry, done.signal]);
    await Promise.race([this.consumer.idle(), setTimeout(config.drainSeconds * 1000, undefined, { signal }).catch(() => undefined)]);
    done.abort();
    const handedBack = this.consumer.handBack();
    await Promise.race([this.consumer.close(), setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    await this.consuming.stop();
    await this.control.stop();
    await this.publisher.stop();
    await this.threads.stop();
    await this.health.stop();
    this.ending = 'stopped';
    log.info({ handedBack }, 'worker stopped');
    return handedBack;
  }

  private unreadyReason(): string | undefined {
    return this.state === 'consuming' ? undefined : this.state;
  }

  /** Results are not persistent, as in Celery: they are of use only to a caller that waits. */
  private sendResult(replyTo: string, taskId: string, content: Buffer): Promise<void> {
    const properties = { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: taskId, priority: 0, headers: {} };
    return this.publisher.publish({ exchange: '', routingKey: replyTo, content, properties, persistent: false });
  }
}
