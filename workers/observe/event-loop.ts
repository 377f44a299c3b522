import type { Logger } from 'pino';
import type { Task } from '../task';

const INTERVAL_MS = 250;
/** Shorter blocks cost probes and heartbeats nothing, and would also be seen on a machine that is merely busy. */
const LEAST_BLOCK_MS = 1000;

/** Names of the tasks that have run in the event loop since it was last asked. */
export class RunningTasks {
  private readonly names = new Map<symbol, string>();
  private readonly ended = new Set<symbol>();

  /** The same task; running it is noticed. */
  watch(task: Task): Task {
    const run: Task['run'] = (...args) => this.during(task.name, () => task.run(...args));
    return Object.create(task, { run: { value: run } }) as Task;
  }

  /** Those that still run, and those that have ended since the last call. */
  take(): string[] {
    const names = [...new Set(this.names.values())];
    for (const key of this.ended) this.names.delete(key);
    this.ended.clear();
    return names;
  }

  private during(name: string, run: () => unknown): unknown {
    const key = Symbol(name);
    this.names.set(key, name);
    const end = (): void => void this.ended.add(key);
    let value: unknown;
    try {
      value = run();
    } catch (error) {
      end();
      throw error;
    }
    Promise.resolve(value).then(end, end);
    return value;
  }
}

/**
 * Says when something has blocked the event loop: meanwhile probes, heartbeats and other tasks had to wait. What computes for long belongs
 * into a thread (`runIn: 'thread'`).
 */
export class EventLoopMonitor {
  private timer: NodeJS.Timeout | undefined;
  private due = 0;

  /** @param tasks names of the tasks that have run since the last call */
  constructor(
    private readonly log: Logger,
    private readonly tasks: () => readonly string[],
  ) {}

  start(): void {
    this.due = performance.now() + INTERVAL_MS;
    this.timer = setInterval(() => this.look(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const late = performance.now() - this.due;
    const tasks = this.tasks();
    if (late >= LEAST_BLOCK_MS) {
      const advice = "a task that computes for long needs runIn: 'thread'";
      this.log.warn({ seconds: Math.round(late) / 1000, tasks, advice }, 'the event loop was blocked');
    }
    this.due = performance.now() + INTERVAL_MS;
  }
}
