import { errorMessage } from '../../error-message';
import { registeredTasks } from '../../task';
import { createContext } from '../../task-context';
import { attempt } from '../attempt';
import type { Verdict } from '../verdict';
import { type Message, pack, sendable } from './messages';
import type { Call, RecycleLimits, StopReason } from './pool';
import { stopError } from './stop-error';
import { taskLog } from './task-log';

type Say = (message: Message) => void;

/** The inside of a thread or child process: runs one call after the other and says how they go. */
export class TaskHost {
  private done = 0;
  private say: Say | undefined;
  private controller = new AbortController();

  /**
   * Declares the tasks here, too: functions cannot be sent.
   * @param memoryBytes what this thread or process holds now
   */
  constructor(
    tasksModule: string,
    private readonly limits: RecycleLimits,
    private readonly memoryBytes: () => number,
  ) {
    require(tasksModule);
    // As on the event loop: a promise that nobody handles ends no task.
    process.on('unhandledRejection', (reason) => this.report(reason));
  }

  /** Runs a call to its end. @returns whether this host takes no more of them */
  async run(call: Call, say: Say): Promise<boolean> {
    this.say = say;
    this.controller = new AbortController();
    say({ kind: 'started', pid: process.pid });
    const verdict = pack(await this.attempt(call, say));
    this.done += 1;
    const spent = this.done >= this.limits.maxTasks || this.memoryBytes() > this.limits.maxMemoryBytes;
    this.say = undefined;
    say({ kind: 'ended', verdict, spent });
    return spent;
  }

  /** Asks the present call to stop. */
  stop(reason: StopReason): void {
    this.controller.abort(stopError(reason));
  }

  private async attempt({ facts, args }: Call, say: Say): Promise<Verdict> {
    const task = registeredTasks().get(facts.task);
    if (!task) return { kind: 'lost', detail: `task "${facts.task}" is not declared in the tasks module of its thread or process` };
    const context = createContext({
      facts,
      signal: this.controller.signal,
      log: taskLog((level, fields, text) => say({ kind: 'log', level, fields: sendable(fields), text })),
      progress: (meta) => say({ kind: 'progress', meta }),
    });
    return attempt(task, args, context);
  }

  private report(reason: unknown): void {
    const stack = reason instanceof Error ? reason.stack : undefined;
    if (this.say) this.say({ kind: 'log', level: 'error', fields: { error: errorMessage(reason), stack }, text: 'unhandled rejection' });
    else console.error('unhandled rejection', reason);
  }
}
