/**
 * The model: a queue, workers, KEDA and its HPA. Controllers act once a second, in fixed phases; tasks arrive, start and end at their exact
 * times in between.
 */
import { Autoscaler } from './autoscaler';
import { Heap } from './heap';
import type { Pod } from './pod';
import { Queue, type Task } from './queue';
import { randomNumbers } from './random';
import type { Settings } from './settings';
import { Statistics } from './statistics';
import { type Removal, WorkerGroup } from './worker-group';

/** The system at the end of one second. */
export interface Sample {
  readonly ready: number;
  readonly running: number;
  /** Pods that use up resources, starting and draining ones among them. */
  readonly pods: number;
  readonly busy: number;
}

export interface Run {
  readonly title: string;
  /** One for each second from 0. */
  readonly samples: readonly Sample[];
  /** For each task that was done, the seconds from its arrival to the start that led to its end. */
  readonly waits: readonly number[];
  readonly removals: readonly Removal[];
  /** Tasks that a removed worker could not finish in time; another one did them from the start. */
  readonly handedBack: number;
}

/** A task in a worker. */
interface Execution {
  readonly task: Task;
  readonly pod: Pod;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** How long the model goes on after the last arrival before it stops waiting for calm. */
const PATIENCE_SECONDS = 24 * 3600;

/**
 * Runs a load until it is done and the pods are down to the fewest again.
 * @param tasks in the order of their arrival
 * @param atLeastSeconds goes on at least so long, so that several runs can be compared
 */
export function simulate(settings: Settings, tasks: readonly Task[], atLeastSeconds = 0): Run {
  const model = new Model(settings, tasks);
  const latest = (tasks.at(-1)?.arrival ?? 0) + PATIENCE_SECONDS;
  while (model.second < atLeastSeconds || (!model.isCalm && model.second < latest)) model.step();
  return model.result();
}

class Model {
  second = 0;
  private readonly queue = new Queue();
  private readonly statistics = new Statistics();
  private readonly group: WorkerGroup;
  private readonly autoscaler: Autoscaler;
  private readonly executions = new Heap<Execution>(({ endsAt }) => endsAt);
  private readonly samples: Sample[] = [];
  private readonly waits: number[] = [];
  private readonly fewest: number;
  private arrived = 0;

  constructor(
    private readonly settings: Settings,
    private readonly tasks: readonly Task[],
  ) {
    const { scaling, pods, seed } = settings;
    this.fewest = scaling.sleeps ? 0 : scaling.min;
    this.group = new WorkerGroup(pods, randomNumbers(seed));
    this.group.scale(this.fewest, 0, 0);
    this.autoscaler = new Autoscaler(scaling, this.fewest);
  }

  get isCalm(): boolean {
    return this.arrived === this.tasks.length && this.waits.length === this.tasks.length && this.group.pods.length === this.fewest;
  }

  step(): void {
    const at = this.second++;
    this.group.step(at, this.queue);
    this.statistics.collect(at, this.queue);
    const { ready, unacked } = this.queue;
    const shown = this.statistics.shownAt(at);
    const wanted = this.autoscaler.step(at, this.group.replicas.length, { ready, unacked, publishRate: shown.publishRate }, shown);
    this.group.scale(wanted, at);
    this.workUntil(at + 1, at);
    this.samples.push(this.sample());
  }

  result(): Run {
    const { title } = this.settings;
    return { title, samples: this.samples, waits: this.waits, removals: this.group.removals, handedBack: this.group.handedBack };
  }

  /** Arrivals and ends in their order, and after each one what the workers can start. */
  private workUntil(end: number, start: number): void {
    this.startTasks(start);
    for (;;) {
      const arrival = this.tasks[this.arrived]?.arrival ?? Number.POSITIVE_INFINITY;
      const completion = this.executions.first?.endsAt ?? Number.POSITIVE_INFINITY;
      const at = Math.min(arrival, completion);
      if (at >= end) return;
      if (completion <= arrival) this.complete();
      else this.queue.publish(this.tasks[this.arrived++] as Task);
      this.startTasks(at);
    }
  }

  private startTasks(at: number): void {
    while (this.queue.ready > 0) {
      const pod = this.group.nextWithRoom(at);
      const task = pod && this.queue.deliver();
      if (!task) return;
      pod.running.set(task, at);
      this.executions.add({ task, pod, startedAt: at, endsAt: at + task.seconds });
    }
  }

  private complete(): void {
    const execution = this.executions.take();
    // A task that was handed back ends elsewhere.
    if (!execution?.pod.running.delete(execution.task)) return;
    this.queue.acknowledge();
    this.waits.push(execution.startedAt - execution.task.arrival);
  }

  private sample(): Sample {
    const { pods } = this.group;
    return {
      ready: this.queue.ready,
      running: this.queue.unacked,
      pods: pods.length,
      busy: pods.filter(({ running }) => running.size > 0).length,
    };
  }
}
