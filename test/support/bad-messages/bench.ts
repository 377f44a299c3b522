import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConfirmChannel, GetMessage, Options } from 'amqplib';
import { connectAs } from '../amqp';
import { publishRaw } from '../raw-amqp';
import type { TestBroker } from '../test-broker';
import { waitUntil } from '../wait-until';
import { type BadMessage, ID } from './bad-message';

/** A result message. */
export interface Told {
  readonly status: string;
  readonly result: unknown;
}

const QUEUE = 'small';
const DEAD_LETTERS = `${QUEUE}.dlq`;

/** Sends bad messages over one connection and sees what becomes of them. */
export class Bench {
  private readonly told = new Map<string, Told>();

  private constructor(
    readonly producer: ChannelModel,
    private readonly administrator: ChannelModel,
    readonly out: ConfirmChannel,
    private readonly plain: Channel,
    /** Of the administrator. */
    readonly admin: Channel,
    private readonly replyTo: string,
    private readonly user: string,
  ) {}

  static async on(broker: TestBroker): Promise<Bench> {
    const [producer, admin] = [await connectAs(broker, 'producer'), await connectAs(broker, 'admin')];
    const [out, plain, look] = [await producer.createConfirmChannel(), await producer.createChannel(), await admin.createChannel()];
    const { queue } = await look.assertQueue('', { exclusive: true });
    const bench = new Bench(producer, admin, out, plain, look, queue, (await broker.credentials('producer')).username);
    await look.consume(queue, (message) => message && bench.hear(message), { noAck: true });
    return bench;
  }

  async close(): Promise<void> {
    await Promise.all([this.producer, this.administrator].map((connection) => connection.close()));
  }

  /** Sends it with an id of its own. @returns the id */
  async send({ body, options, rawHeaders }: BadMessage): Promise<string> {
    const id = randomUUID();
    const content = typeof body === 'string' ? Buffer.from(body.replace(ID, id)) : body;
    if (rawHeaders) {
      // Ids are as long as each other, so that the lengths in the bytes stay true.
      publishRaw(this.plain, { exchange: 'tasks', routingKey: QUEUE, headers: withId(rawHeaders, id), body: content });
      return id;
    }
    const { headers, userId } = options;
    const given: Options.Publish = {
      persistent: true,
      replyTo: this.replyTo,
      correlationId: id,
      ...options,
      headers: headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value === ID ? id : value])),
      ...(userId !== undefined && { userId: this.user }),
    };
    this.out.publish('tasks', QUEUE, content, given);
    await this.out.waitForConfirms();
    return id;
  }

  /** Takes the next dead letter, as soon as it is there. */
  async deadLetter(): Promise<GetMessage> {
    return waitUntil(async () => (await this.admin.get(DEAD_LETTERS, { noAck: true })) || undefined, {
      what: 'dead letter',
      timeoutMs: 8_000,
      intervalMs: 5,
    });
  }

  /** Waits for the outcome of a task. */
  async outcome(id: string): Promise<Told> {
    return waitUntil(() => this.told.get(id), { what: 'outcome', timeoutMs: 8_000, intervalMs: 5 });
  }

  /** Whether there is any dead letter. */
  async anyDeadLetter(): Promise<boolean> {
    return (await this.admin.checkQueue(DEAD_LETTERS)).messageCount > 0;
  }

  private hear({ content }: { readonly content: Buffer }): void {
    const { task_id: id, ...told } = JSON.parse(content.toString()) as Told & { task_id: string };
    this.told.set(id, told);
  }
}

/** The placeholder of the tables of raw headers has the length of an id. */
function withId(headers: Buffer, id: string): Buffer {
  const text = Buffer.from(ID.padEnd(id.length, '#'));
  const at = headers.indexOf(text);
  const copy = Buffer.from(headers);
  if (at >= 0) copy.write(id, at);
  return copy;
}
