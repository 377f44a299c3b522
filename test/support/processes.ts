import { type ChildProcess, spawn as spawnChild } from 'node:child_process';

export interface ProcessOptions {
  /** Whole environment of the process. @default - that of this one */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process whose output (both streams, in order of arrival) is kept. */
export class ManagedProcess {
  /** Resolves when the process has ended and all its output has arrived; never rejects, unless it could not be started. */
  readonly exit: Promise<Exit>;
  private text = '';
  private ended = false;
  private readonly child: ChildProcess;

  constructor(
    readonly command: readonly string[],
    options: ProcessOptions = {},
  ) {
    const [file = '', ...args] = command;
    this.child = spawnChild(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    this.exit = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal }));
      // A child of its own that lives on may hold the output open.
      this.child.once('exit', (code, signal) => setTimeout(resolve, 500, { code, signal }).unref());
    });
    const end = () => (this.ended = true);
    this.exit.then(end, end);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${shown(this.command)} did not start`);
    return this.child.pid;
  }

  get output(): string {
    return this.text;
  }

  get running(): boolean {
    return !this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The first match in the output, past or future. Fails when the process ends without one, or at the deadline. */
  async waitForOutput(pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.child.stdout?.off('data', look);
        this.child.stderr?.off('data', look);
        finish();
      };
      const fail = (why: string) => settle(() => reject(new Error(`${why} without output ${pattern}:\n${tail(this.text)}`)));
      const look = () => {
        const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(this.text);
        if (match) settle(() => resolve(match));
      };
      const timer = setTimeout(() => fail(`${timeoutMs / 1000} s passed`), timeoutMs);
      this.child.stdout?.on('data', look);
      this.child.stderr?.on('data', look);
      this.exit.then(
        () => fail('process ended'),
        (error: Error) => fail(error.message),
      );
      look();
    });
  }

  /** Sends a signal and waits for the end. A process that outlives the deadline is killed, and that is an error. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 60_000): Promise<Exit> {
    this.signal(signal);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.signal('SIGKILL');
    }, timeoutMs);
    const exit = await this.exit.finally(() => clearTimeout(timer));
    if (late) throw new Error(`${shown(this.command)} ran on for ${timeoutMs / 1000} s after ${signal}:\n${tail(this.text)}`);
    return exit;
  }
}

/** Runs a command to its end and returns its output; fails with the output when the exit code is not 0. */
export async function run(command: readonly string[], options?: ProcessOptions): Promise<string> {
  const process = new ManagedProcess(command, options);
  const { code, signal } = await process.exit;
  if (code !== 0) throw new Error(`${shown(command)} ended with ${signal ?? code}:\n${tail(process.output)}`);
  return process.output;
}

/** Beginning of a command that gets this signal when our process ends, also when that is killed. Linux only; nothing elsewhere. */
export function boundToUs(signal: 'TERM' | 'KILL'): string[] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', signal] : [];
}

/** A command as error messages show it: a script in it is cut off. */
function shown(command: readonly string[]): string {
  const line = command.join(' ').split('\n')[0] ?? '';
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

/** The last lines of a text. */
export function tail(text: string, lines = 30): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
