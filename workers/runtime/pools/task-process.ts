import { type ChildProcess, fork } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../verdict';
import type { ToChild } from './child';
import { exitedPrematurely, forward, type Message, unpack } from './messages';
import type { Call, CallListener, RecycleLimits, RunningCall } from './pool';

/** What a call in a child waits for. */
interface Waiting {
  readonly listener: CallListener;
  readonly end: (verdict: Verdict) => void;
  readonly onFree: () => void;
}

/** Time a child that is to be replaced has for its end. */
const RETIRE_MS = 5000;

/** One child process, as the worker sees it. It runs one call at a time. */
export class TaskProcess {
  /** Resolves with how it ended, in Celery's words; what it said before has been heard then. */
  readonly gone: Promise<string>;
  private readonly child: ChildProcess;
  private waiting: Waiting | undefined;

  constructor(tasksModule: string, { maxTasks, maxMemoryBytes }: RecycleLimits) {
    this.child = fork(join(__dirname, 'child.js'), [tasksModule, String(maxTasks), String(maxMemoryBytes)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.gone = ending(this.child);
    this.child.on('message', (message) => this.hear(message as Message));
    void this.gone.then((how) => this.end(exitedPrematurely(how)));
  }

  /** @param onFree called after the call when the child takes another one */
  run(call: Call, listener: CallListener, onFree: () => void): RunningCall {
    const verdict = new Promise<Verdict>((end) => {
      this.waiting = { listener, end, onFree };
    });
    this.send({ kind: 'call', call });
    return {
      verdict,
      stop: (reason) => this.send({ kind: 'stop', reason }),
      kill: () => {
        this.kill();
        return true;
      },
    };
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private hear(message: Message): void {
    if (!this.waiting) return;
    if (message.kind !== 'ended') {
      forward(message, this.waiting.listener);
      return;
    }
    const { onFree } = this.waiting;
    this.end(unpack(message.verdict));
    if (message.spent) this.retire();
    else onFree();
  }

  private end(verdict: Verdict): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.end(verdict);
  }

  /** The child ends by itself when nobody talks to it any more. */
  private retire(): void {
    const timer = setTimeout(() => this.kill(), RETIRE_MS);
    void this.gone.then(() => clearTimeout(timer));
    this.child.disconnect();
  }

  /** What cannot be sent finds a child that is dead or dying, and its end is told by `gone`. */
  private send(message: ToChild): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }
}

/** Waits for the end of a child and of everything it said. */
async function ending(child: ChildProcess): Promise<string> {
  const disconnected = new Promise<void>((resolve) => child.once('disconnect', resolve));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exitcode ${code}` : `signal ${constants.signals[signal]} (${signal})`;
      void disconnected.then(() => resolve(how));
    });
  });
}
