import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { credentialsFrom } from '../broker/credentials';
import { Link } from '../broker/link';
import { Publisher } from '../broker/publisher';
import type { WorkerConfig } from '../config';
import { HealthServer } from '../observe/health';
import type { ResultBackend } from '../results/backend';
import { resultBackend } from '../results/choose';
import type { Task } from '../task';
import type { Queue } from '../topology';
import { Consumer } from './consumer';
import { DeadLetters } from './dead-letters';
import { Duplicates } from './duplicates';
import { Executor } from './executor';
import { Intake } from './intake';
import { LoopPool } from './pools/loop';
import type { Pool } from './pools/pool';
import { ThreadPool } from './pools/threads';
import { TaskReports } from './reports';
import { RateLimits } from './rate-limits';
import { Requeue } from './requeue';
import { Slots } from './slots';
import type { Isolation } from '../task-options';

export interface WorkerOptions {
  readonly config: WorkerConfig;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Absolute path of the module that declares the tasks. */
  readonly tasksModule: string;
  readonly log: Logger;
  /** Called when the worker wants to end by itself: its tasks are spent, or one cannot be stopped. */
  readonly onEnd: (reason: WorkerEnd) => void;
}

/** Why a worker wants to end. */
export type WorkerEnd = 'tasks-spent' | 'unkillable-task';

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
  private readonly publisher: Publisher;
  private readonly results: ResultBackend;
  private readonly pools: Readonly<Record<Isolation, Pool>>;
  private readonly rates: RateLimits;
  private readonly consumer: Consumer;
  private readonly intake: Intake;
  private readonly consuming: Link;
  private readonly health: HealthServer;
  private ending: 'draining' | 'stopped' | undefined;

  constructor(private readonly options: WorkerOptions) {
    // Two connections: when the broker blocks publishers for lack of memory, the worker still consumes and so relieves it.
    this.publisher = new Publisher({ ...this.connection(), name: `${options.config.nodeName} publisher` });
    this.results = resultBackend(options.config.redis, this.publisher, options.config.nodeName, options.log);
    this.pools = this.createPools();
    this.rates = new RateLimits(options.tasks.values());
    this.consumer = this.createConsumer();
    this.intake = this.createIntake();
    this.consuming = this.createLink();
    this.health = new HealthServer(() => this.unreadyReason());
  }

  get state(): WorkerState {
    return this.ending ?? (this.consuming.up && this.consumer.live ? 'consuming' : 'connecting');
  }

  /** Starts and returns at once; `/readyz` says when tasks are taken. */
  async start(): Promise<void> {
    const { config, tasks, log } = this.options;
    const port = await this.health.start(config.healthPort);
    log.info({ tasks: [...tasks.keys()], queues: config.queues, concurrency: config.concurrency, healthPort: port }, 'worker starting');
    this.publisher.start();
    this.results.start();
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
    log.info({ running: this.intake.active.length, drainSeconds: config.drainSeconds }, 'draining');
    await this.consumer.pause('draining');
    this.intake.stop();
    const done = new AbortController();
    const signal = AbortSignal.any([hurry, done.signal]);
    await Promise.race([this.intake.idle(), setTimeout(config.drainSeconds * 1000, undefined, { signal }).catch(() => undefined)]);
    done.abort();
    for (const { running } of this.intake.active) running?.stop({ kind: 'draining' });
    const handedBack = this.consumer.handBack(() => true);
    await Promise.race([this.consumer.close(), setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    await this.consuming.stop();
    await this.results.stop();
    await this.publisher.stop();
    await Promise.all(Object.values(this.pools).map((pool) => pool.close()));
    await this.health.stop();
    this.ending = 'stopped';
    log.info({ handedBack }, 'worker stopped');
    return handedBack;
  }

  private createPools(): Readonly<Record<Isolation, Pool>> {
    const { config, tasks, tasksModule } = this.options;
    const loop = new LoopPool(tasks);
    const thread = new ThreadPool(tasksModule, config.concurrency);
    return { loop, thread, process: thread };
  }

  private createConsumer(): Consumer {
    const { config, log } = this.options;
    return new Consumer({
      queues: config.topology.queues.filter((queue) => config.queues.includes(queue.name)),
      broadcasts: config.broadcasts,
      broadcastLimits: config.topology.queues.find(({ name }) => name === config.topology.defaultQueue) as Queue,
      prefetch: Math.min(config.concurrency, config.maxTasks),
      log,
      onDelivery: (delivery) => this.intake.take(delivery),
      onLost: (reason) => this.consuming.abandon(reason),
    });
  }

  private createIntake(): Intake {
    const { config, tasks, log, onEnd } = this.options;
    const { topology } = config;
    const common = {
      reports: new TaskReports(this.results, config.nodeName, log),
      requeue: new Requeue(this.publisher, topology),
      deadLetters: new DeadLetters(this.publisher, topology.deadLetterExchange, log),
      log,
    };
    return new Intake({
      ...common,
      tasks,
      consumer: this.consumer,
      slots: new Slots(config.concurrency),
      rates: this.rates,
      mostResting: Math.floor(config.concurrency / 2),
      executor: new Executor({ ...common, pools: this.pools, onUnkillable: () => onEnd('unkillable-task') }),
      duplicates: new Duplicates(this.results, log),
      delayedDelivery: topology.delayedDelivery,
      maxTasks: config.maxTasks,
      onSpent: () => onEnd('tasks-spent'),
    });
  }

  private createLink(): Link {
    return new Link({
      ...this.connection(),
      name: `${this.options.config.nodeName} consumer`,
      setup: async (model) => {
        if (!this.ending) await this.consumer.setup(model);
      },
    });
  }

  private connection() {
    const { config, log } = this.options;
    return {
      hosts: config.brokerHosts,
      virtualHost: config.topology.virtualHost,
      credentials: credentialsFrom(config.brokerCredentials),
      log,
    };
  }

  private unreadyReason(): string | undefined {
    return this.state === 'consuming' ? undefined : this.state;
  }
}
