import { join } from 'node:path';
import { ManagedProcess, run } from './processes';
import { python, type PythonEnvironment } from './python';
import type { TestBroker } from './test-broker';

/** Python side of the tests: the application in test/interop/celery_app.py under one version of Celery. */
export class PythonPeer {
  constructor(
    private readonly version: Extract<PythonEnvironment, `celery-${string}`>,
    private readonly broker: TestBroker,
    /** More variables of the application's environment. */
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {}

  /** Makes calls one after the other as the producer; each gives `{ value }` or `{ error, text }`. */
  async call(...calls: readonly Call[]): Promise<Answer[]> {
    const output = await run([await python(this.version), 'calls.py', JSON.stringify(calls)], await this.options('producer'));
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Answer);
  }

  /** The output of a command of Celery's, run as the producer. Fails with it when the exit code is not 0. */
  async celery(...args: readonly string[]): Promise<string> {
    return run([await python(this.version), '-m', 'celery', '-A', 'celery_app', ...args], await this.options('producer'));
  }

  /** Makes control calls one after the other as the producer; each gives the replies, `{ node: reply }` of one node each. */
  async control(...calls: readonly ControlCall[]): Promise<Record<string, unknown>[][]> {
    const output = await run([await python(this.version), 'control_calls.py', JSON.stringify(calls)], await this.options('producer'));
    return output
      .split('\n')
      .filter((line) => line.startsWith('[') || line.startsWith('null'))
      .map((line) => JSON.parse(line) as Record<string, unknown>[]);
  }

  /** A worker that has announced itself as ready. */
  async startWorker(group: string, queue: string, ...settings: readonly string[]): Promise<ManagedProcess> {
    const switches = Object.fromEntries(settings.map((name) => [`SET_${name.toUpperCase()}`, '1']));
    return this.ready(await this.program(`worker-${group}`, switches, ...celeryWorker('celery_app', queue), '-P', 'solo'));
  }

  /** As `startWorker`, of another application in test/interop, with two child processes and all task events. */
  async startPool(application: string, group: string, queue: string): Promise<ManagedProcess> {
    return this.ready(await this.program(`worker-${group}`, {}, ...celeryWorker(application, queue), '-c', '2', '-E'));
  }

  /** A program of test/interop, not waited for. */
  async program(user: string, environment: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<ManagedProcess> {
    const { cwd, env } = await this.options(user);
    return new ManagedProcess([await python(this.version), ...argv], { cwd, env: { ...env, ...environment } });
  }

  /** The broker's URL for a user of the application. */
  async urlOf(user: string): Promise<string> {
    return (await this.options(user)).env.BROKER_URL;
  }

  private async ready(worker: ManagedProcess): Promise<ManagedProcess> {
    await worker.waitForOutput(/ ready\./, 30_000);
    return worker;
  }

  private async options(user: string) {
    return {
      cwd: join(__dirname, '../interop'),
      env: {
        ...process.env,
        ...(this.broker.tlsCa !== undefined && { BROKER_CA: this.broker.tlsCa }),
        ...this.environment,
        BROKER_URL: (await this.broker.amqpUrl(user)).replace(
          `@${this.broker.host}/`,
          `@${this.environment['BROKER_HOST'] ?? this.broker.host}/`,
        ),
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        C_FORCE_ROOT: '1',
      },
    };
  }
}

function celeryWorker(application: string, queue: string): string[] {
  return ['-m', 'celery', '-A', application, 'worker', '-Q', queue, '-l', 'INFO'];
}

/** A task to send, or the id of one that somebody else has sent. */
export type Call = TaskCall | { readonly id: string };

export interface TaskCall {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options of `apply_async`. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface ControlCall {
  readonly method: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Options of `app.control.broadcast`. @default - the first reply is enough */
  readonly options?: Readonly<Record<string, unknown>>;
}

export type Answer =
  | { readonly value: unknown; readonly state?: string; readonly done?: string }
  | { readonly error: string; readonly text: string };
