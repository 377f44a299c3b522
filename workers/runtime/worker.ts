import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { credentialsFrom } from '../broker/credentials';
import { Link } from '../broker/link';
import { Publisher } from '../broker/publisher';
import type { WorkerConfig } from '../config';
import { RemoteControl } from '../control/remote-control';
import { accessFrom } from '../kubernetes/api';
import { DeletionCost } from '../kubernetes/deletion-cost';
import { EventLoopMonitor, RunningTasks } from '../observe/event-loop';
import { HealthServer } from '../observe/health';
import { Metrics } from '../observe/metrics';
import type { WorkerFigures } from '../observe/worker-metrics';
import type { ResultBackend } from '../results/backend';
import { resultBackend } from '../results/choose';
import type { Task } from '../task';
import type { Queue } from '../topology';
import { Consumer } from './consumer';
import { type ControlledParts, controlledWorker, MOST_SLOTS } from './controlled-worker';
import { DeadLetters } from './dead-letters';
import { Duplicates } from './duplicates';
import { Executor } from './executor';
import { Intake } from './intake';
import { Orphans } from './orphans';
import { LoopPool } from './pools/loop';
import type { Pool } from './pools/pool';
import { ProcessPool } from './pools/processes';
import { ThreadPool } from './pools/threads';
import { RateLimits } from './rate-limits';
import { TaskReports } from './reports';
import { Requeue } from './requeue';
import { Slots } from './slots';
import type { TimeLimitOverride } from './time-limits';
import type { Isolation } from '../task-options';
import { Watchdog } from './watchdog';

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
export type WorkerEnd = 'tasks-spent' | 'idle' | 'unkillable-task';

/** Neither a broker that is away nor a thread that does not end holds up the end of the process. */
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
  private readonly control: RemoteControl;
  private readonly publisher: Publisher;
  private readonly results: ResultBackend;
  private readonly pools: Readonly<Record<Isolation, Pool>>;
  private readonly slots: Slots;
  private readonly rates: RateLimits;
  private readonly timeLimits = new Map<string, TimeLimitOverride>();
  private readonly consumer: Consumer;
  private readonly intake: Intake;
  private readonly watchdog: Watchdog;
  private readonly consuming: Link;
  private readonly runningOnLoop = new RunningTasks();
  private readonly eventLoop: EventLoopMonitor;
  private readonly metrics: Metrics;
  private readonly health: HealthServer;
  private readonly deletionCost: DeletionCost | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private ending: 'draining' | 'stopped' | undefined;

  constructor(private readonly options: WorkerOptions) {
    // Two connections: when the broker blocks publishers for lack of memory, the worker still consumes and so relieves it.
    this.control = this.createControl();
    this.publisher = this.createPublisher();
    this.results = resultBackend(options.config.redis, this.publisher, options.config.nodeName, options.log);
    this.eventLoop = new EventLoopMonitor(options.log, () => this.runningOnLoop.take());
    this.metrics = this.createMetrics();
    this.pools = this.createPools();
    this.slots = new Slots(options.config.concurrency);
    this.rates = new RateLimits(options.tasks.values());
    this.consumer = this.createConsumer();
    this.intake = this.createIntake();
    this.watchdog = new Watchdog({ log: options.log, onSilent: (reason) => this.consuming.abandon(reason) });
    this.consuming = this.createLink();
    this.health = new HealthServer({ unreadyReason: () => this.unreadyReason(), metrics: this.metrics });
    this.deletionCost = this.createDeletionCost();
  }

  get state(): WorkerState {
    return this.ending ?? (this.consuming.up && this.consumer.live ? 'consuming' : 'connecting');
  }

  /** Starts and returns at once; `/readyz` says when tasks are taken. */
  async start(): Promise<void> {
    const { config, tasks, log } = this.options;
    const port = await this.health.start(config.healthPort);
    log.info({ tasks: [...tasks.keys()], queues: config.queues, concurrency: config.concurrency, healthPort: port }, 'worker starting');
    this.eventLoop.start();
    this.publisher.start();
    this.results.start();
    this.consuming.start();
    this.deletionCost?.start();
    this.idleTimer = this.watchIdleness();
  }

  /**
   * Drains and stops: takes no more messages, waits for running tasks, hands back what cannot finish in time.
   * @param hurry ends the waiting
   * @returns number of unfinished messages that were handed back
   */
  async stop(hurry: AbortSignal): Promise<number> {
    const { config, log } = this.options;
    this.ending = 'draining';
    this.watchdog.stop();
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
    await this.control.stop();
    await this.results.stop();
    await this.publisher.stop();
    const closed = Promise.all(Object.values(this.pools).map((pool) => pool.close()));
    // A thread in native code ends when that returns.
    await Promise.race([closed, setTimeout(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    this.eventLoop.stop();
    await this.health.stop();
    this.deletionCost?.stop();
    clearInterval(this.idleTimer);
    this.ending = 'stopped';
    log.info({ handedBack }, 'worker stopped');
    return handedBack;
  }

  /** A Job that was started for a task that another one took would wait for ever. */
  private watchIdleness(): NodeJS.Timeout | undefined {
    const { config, onEnd } = this.options;
    if (config.idleSeconds === Number.POSITIVE_INFINITY) return undefined;
    let busyAt = performance.now();
    return setInterval(() => {
      // Time without a broker is no idleness.
      if (this.intake.busy || this.state !== 'consuming') busyAt = performance.now();
      else if (performance.now() - busyAt >= config.idleSeconds * 1000) onEnd('idle');
    }, 500).unref();
  }

  private createControl(): RemoteControl {
    const { config, log } = this.options;
    const { remoteControl: mode, taskEvents } = config;
    return new RemoteControl({ worker: controlledWorker(this.options, () => this.parts()), mode, taskEvents, log });
  }

  /** What remote control steers. */
  private parts(): ControlledParts {
    const { state, consumer, intake, slots, rates, timeLimits } = this;
    return { state, requests: this.control.requests, consumer, intake, slots, rates, timeLimits };
  }

  private createMetrics(): Metrics {
    const { config, tasks } = this.options;
    const { queues, defaultQueue } = config.topology;
    const served = queues.filter(({ name }) => config.queues.includes(name));
    const expected = [...tasks.values()].flatMap((task) =>
      served.filter(({ name }) => name === (task.options.queue ?? defaultQueue)).map((queue) => ({ task, delivery: { queue } })),
    );
    return new Metrics(() => this.figures(), expected, served);
  }

  private figures(): WorkerFigures {
    const { state, slots, intake, consuming, publisher, results } = this;
    const links = { consumer: consuming.figures, publisher: publisher.figures, ...(results.figures && { redis: results.figures }) };
    return { state, running: intake.active.length, concurrency: slots.size, links };
  }

  private createPublisher(): Publisher {
    const name = `${this.options.config.nodeName} publisher`;
    return new Publisher({ ...this.connection(), name, onConnection: (model) => this.control.attachPublisher(model) });
  }

  private createPools(): Readonly<Record<Isolation, Pool>> {
    const { config, tasks, tasksModule, log } = this.options;
    const limits = { maxTasks: config.maxTasksPerChild, maxMemoryBytes: config.maxMemoryPerChildMib * 2 ** 20 };
    return {
      loop: new LoopPool(new Map([...tasks].map(([name, task]) => [name, this.runningOnLoop.watch(task)]))),
      thread: new ThreadPool({ tasksModule, size: MOST_SLOTS, limits, heapMib: config.threadHeapMib, log }),
      process: new ProcessPool(tasksModule, limits),
    };
  }

  private createConsumer(): Consumer {
    const { config, log } = this.options;
    return new Consumer({
      queues: config.topology.queues.filter((queue) => config.queues.includes(queue.name)),
      broadcasts: config.broadcasts,
      broadcastLimits: config.topology.queues.find(({ name }) => name === config.topology.defaultQueue) as Queue,
      prefetch: Math.min(config.concurrency, config.maxTasks),
      log,
      onDelivery: (delivery) => {
        this.metrics.tasks.received(delivery);
        this.intake.take(delivery);
      },
      onLost: (reason) => this.consuming.abandon(reason),
    });
  }

  private createIntake(): Intake {
    const { config, tasks, log, onEnd } = this.options;
    const { topology, nodeName } = config;
    const { results, control } = this;
    const metrics = this.metrics.tasks;
    const common = {
      reports: new TaskReports({ results, control, metrics, nodeName, log }),
      requeue: new Requeue(this.publisher, topology),
      deadLetters: new DeadLetters(this.publisher, topology.deadLetterExchange, metrics, log),
      orphans: new Orphans(),
      log,
    };
    return new Intake({
      ...common,
      tasks,
      consumer: this.consumer,
      slots: this.slots,
      isRevoked: ({ id, stamps }) => this.control.revoked.has({ id, stamps }),
      rates: this.rates,
      mostResting: Math.floor(config.concurrency / 2),
      executor: new Executor({ ...common, pools: this.pools, timeLimits: this.timeLimits, onUnkillable: () => onEnd('unkillable-task') }),
      duplicates: new Duplicates(results, common.reports, log),
      delayedDelivery: topology.delayedDelivery,
      maxTasks: config.maxTasks,
      onSpent: () => onEnd('tasks-spent'),
    });
  }

  private createDeletionCost(): DeletionCost | undefined {
    const { config, log } = this.options;
    if (!config.kubernetes) return undefined;
    const { pod, serviceAccount } = config.kubernetes;
    const busy = (): number[] => this.intake.active.map(({ startedAt = Date.now() }) => (Date.now() - startedAt) / 1000);
    return new DeletionCost({ access: () => accessFrom(serviceAccount), pod, busy, log });
  }

  private createLink(): Link {
    return new Link({
      ...this.connection(),
      name: `${this.options.config.nodeName} consumer`,
      setup: async (model) => {
        // Also while draining: who steers and watches must not lose sight of the worker then.
        await this.control.attachConsumer(model);
        if (this.ending) return;
        await this.consumer.setup(model);
        this.watchdog.watch(model);
      },
    });
  }

  private connection() {
    const { config, log } = this.options;
    return {
      hosts: config.brokerHosts,
      virtualHost: config.topology.virtualHost,
      credentials: credentialsFrom(config.brokerCredentials),
      tlsCa: config.brokerTlsCa,
      log,
    };
  }

  private unreadyReason(): string | undefined {
    if (this.state === 'consuming') return undefined;
    const { reason } = this.consuming.status;
    return this.state === 'connecting' && reason !== undefined ? `connecting: ${reason}` : this.state;
  }
}
