import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from 'amqplib';
import { publish, withChannel } from './amqp';
import type { TestBroker } from './test-broker';
import { waitUntil } from './wait-until';

/** A result message, in Celery's words. */
export interface State {
  readonly status: string;
  readonly result: unknown;
  readonly traceback: string | null;
}

const LAST = ['SUCCESS', 'FAILURE', 'REVOKED'];

/** Calls as any Celery client would send them, and the ledger their tasks write when they run. */
export class Calls {
  private constructor(
    private readonly broker: TestBroker,
    private readonly folder: string,
  ) {}

  static async on(broker: TestBroker): Promise<Calls> {
    return new Calls(broker, await mkdtemp(join(tmpdir(), 'warren-calls-')));
  }

  /** Environment of the workers. */
  get environment(): { TEST_LEDGER: string } {
    return { TEST_LEDGER: this.file('ledger') };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Sends a call. @returns its id */
  async send(queue: string, task: string, args: readonly unknown[] = [], options: Options.Publish = {}): Promise<string> {
    const id = randomUUID();
    await publish(this.broker, queue, JSON.stringify([args, {}, {}]), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      ...options,
      headers: { task, id, ...(options.headers as object) },
    });
    return id;
  }

  /** Sends a call and collects the states its caller is told, up to the last one. */
  async states(queue: string, task: string, args: readonly unknown[] = [], headers: object = {}): Promise<State[]> {
    return withChannel(this.broker, 'admin', async (channel) => {
      const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
      const id = await this.send(queue, task, args, { headers, replyTo });
      const told: State[] = [];
      const ended = async () => {
        for (let got = await channel.get(replyTo, { noAck: true }); got; got = await channel.get(replyTo, { noAck: true })) {
          told.push(JSON.parse(got.content.toString()) as State);
        }
        return LAST.includes(told.at(-1)?.status ?? '');
      };
      await waitUntil(ended, { what: `outcome of ${task} (${id})`, timeoutMs: 30_000 });
      return told;
    });
  }

  /** The last state of a call. */
  async outcome(queue: string, task: string, args: readonly unknown[] = [], headers: object = {}): Promise<State> {
    return (await this.states(queue, task, args, headers)).at(-1) as State;
  }

  /** A file that goes with the calls. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** Lines that tasks wrote when they ran: `<id> <text>`. */
  async ledger(): Promise<string[]> {
    const text = await readFile(this.environment.TEST_LEDGER, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Lines the runs of a task wrote. */
  async runs(id: string): Promise<string[]> {
    return (await this.ledger()).filter((line) => line.startsWith(`${id} `));
  }
}
