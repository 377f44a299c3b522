import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { backoffMilliseconds } from '../broker/backoff';
import { within } from '../broker/deadline';
import { errorMessage } from '../error-message';
import type { Queue } from '../topology';
import { Acks } from './acks';
import { Delivery } from './delivery';

export interface ConsumerOptions {
  readonly queues: readonly Queue[];
  /** Broadcasts to listen to. */
  readonly broadcasts: readonly string[];
  /** Where messages of a broadcast go that cannot be run: it has no dead-letter queue of its own. */
  readonly broadcastLimits: Queue;
  /** Messages taken at once from each queue. */
  readonly prefetch: number;
  readonly log: Logger;
  /** Takes every message; settles it sooner or later. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Called when the broker ends the channel; the connection must be set up again. */
  readonly onLost: (reason: string) => void;
}

/** Why no consumer may exist now: one task runs alone, the worker has started its last task, or it drains. */
export type Pause = 'alone' | 'resizing' | 'spent' | 'draining';

const CANCEL_TIMEOUT_MS = 2000;

/** What lives as long as one connection. */
interface Session {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  readonly acks: Acks;
  /** Consumer tags by queue. */
  readonly tags: Map<string, string>;
  /** Tags of second consumers by queue; they take messages that another consumer runs. */
  readonly scouts: Map<string, string>;
  /** This worker's own queues at the broadcasts; they go with the connection. */
  readonly ears: readonly Queue[];
  /** End of the changes to the consumers so far: they are made one after the other. */
  changes: Promise<void>;
}

/** Takes messages from the worker's queues and keeps the consumers alive. What becomes of the messages is not its business. */
export class Consumer {
  private session: Session | undefined;
  private readonly queues: Map<string, Queue>;
  private readonly unsettled = new Set<Delivery>();
  private prefetch: number;
  private readonly pauses = new Set<Pause>();

  constructor(private readonly options: ConsumerOptions) {
    this.queues = new Map(options.queues.map((queue) => [queue.name, queue]));
    this.prefetch = options.prefetch;
  }

  /** Whether every queue has a consumer, or will have one when the pause is over. */
  get live(): boolean {
    if (this.session === undefined) return false;
    return this.pauses.size > 0 || this.session.tags.size === this.queues.size + this.session.ears.length;
  }

  /** Names of the queues that are consumed. */
  get queueNames(): string[] {
    return [...this.queues.keys()];
  }

  /**
   * Consumes on a new connection.
   * @throws Error when a queue does not exist
   */
  async setup(connection: ChannelModel): Promise<void> {
    const { log, onLost } = this.options;
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => log.warn({ error: error.message }, 'the broker closed the consuming channel'));
    channel.on('close', () => this.end(channel, onLost));
    // Queues come from the declaration; a worker that made a missing one up would make it without its policy and dead-letter queue.
    for (const name of this.queues.keys()) await channel.checkQueue(name);
    const ears = this.leaving ? [] : await this.listen(channel);
    const acks = new Acks(channel);
    const session: Session = { connection, channel, acks, tags: new Map(), scouts: new Map(), ears, changes: Promise.resolve() };
    this.session = session;
    await this.subscribeAll(session);
  }

  /** Takes no more messages until `resume`. Resolves when the broker sends no more. */
  async pause(why: Pause): Promise<void> {
    this.pauses.add(why);
    const session = this.session;
    if (!session) return;
    const cancelled = inTurn(session, async () => {
      const tags = [...session.tags.values(), ...session.scouts.values()];
      session.tags.clear();
      session.scouts.clear();
      await Promise.all(tags.map((tag) => session.channel.cancel(tag)));
      // A broadcast is not for one that leaves; during other pauses it waits.
      if (this.leaving) await Promise.all(session.ears.map(({ name }) => session.channel.deleteQueue(name)));
    });
    // A node that is cut off from the others does not answer, not to what came before either.
    await within(CANCEL_TIMEOUT_MS, cancelled, 'cancelling').catch(() => undefined);
  }

  async resume(why: 'alone' | 'resizing'): Promise<void> {
    this.pauses.delete(why);
    const session = this.session;
    if (session) await this.subscribeAll(session).catch((error: unknown) => this.options.onLost(errorMessage(error)));
  }

  /** Resolves when the broker has heard all that was settled so far: should this process die now, none of it is lost. */
  async flush(): Promise<void> {
    this.session?.acks.flush();
    // A question that changes nothing: the answer comes after everything that was said before.
    await this.session?.channel.prefetch(this.prefetch, false).catch(() => undefined);
  }

  /** Consumes one more queue. @throws Error when it does not exist */
  async add(queue: Queue): Promise<void> {
    const session = this.session;
    if (session) await checkQueue(session.connection, queue.name);
    this.queues.set(queue.name, queue);
    if (session) await this.subscribeInTurn(session, queue);
  }

  async remove(name: string): Promise<void> {
    this.queues.delete(name);
    const session = this.session;
    if (!session) return;
    await inTurn(session, async () => {
      const tags = [session.tags.get(name), session.scouts.get(name)].filter((tag) => tag !== undefined);
      session.tags.delete(name);
      session.scouts.delete(name);
      await Promise.all(tags.map((tag) => session.channel.cancel(tag)));
    });
  }

  /** The prefetch of a live consumer cannot be changed (quorum queues): all of them are made anew. */
  async setPrefetch(prefetch: number): Promise<void> {
    this.prefetch = prefetch;
    await this.pause('resizing');
    await this.resume('resizing');
  }

  /** Whether a message may be handed back as often as need be. Up to RabbitMQ 4.2 that counts towards the delivery limit. */
  get mayHandBackOften(): boolean {
    const version: unknown = this.session?.connection.connection.serverProperties['version'];
    const [major = 0, minor = 0] = String(version).split('.').map(Number);
    return major > 4 || (major === 4 && minor >= 3);
  }

  /** Consumes a queue with a second consumer, whose deliveries are marked. Does nothing where there is one, or may be none. */
  async scout(queue: Queue, messages: number): Promise<void> {
    const session = this.session;
    if (!session || !this.mayHandBackOften) return;
    await inTurn(session, async () => {
      if (!this.wants(session, queue) || session.scouts.has(queue.name)) return;
      await checkQueue(session.connection, queue.name);
      await session.channel.prefetch(messages, false);
      const consumerTag = randomUUID();
      session.scouts.set(queue.name, consumerTag);
      const receive = (message: ConsumeMessage | null): void => this.receiveScouted(session, queue, consumerTag, message);
      // It gets only what no worker's own consumers have room for.
      await session.channel.consume(queue.name, receive, { consumerTag, priority: -1 });
    }).catch(() => undefined);
  }

  /** Resolves when the second consumer of a queue gets no more messages. */
  async endScout(queue: Queue): Promise<void> {
    const session = this.session;
    if (!session) return;
    const ended = inTurn(session, async () => {
      const tag = session.scouts.get(queue.name);
      session.scouts.delete(queue.name);
      if (tag !== undefined) await session.channel.cancel(tag);
    });
    await within(CANCEL_TIMEOUT_MS, ended, 'cancelling').catch(() => undefined);
  }

  /** Hands back every message that fits and is not settled. */
  handBack(fits: (delivery: Delivery) => boolean): number {
    const chosen = [...this.unsettled].filter(fits);
    for (const delivery of chosen) delivery.handBack();
    return chosen.length;
  }

  /**
   * Closes the channel and waits for the broker's word. What was acked before has then arrived; closing the connection right away could
   * overtake the last acks, and finished tasks would run again.
   */
  async close(): Promise<void> {
    this.session?.acks.flush();
    await this.session?.channel.close().catch(() => undefined);
  }

  /** Binds a queue for this worker alone to each broadcast. */
  private async listen(channel: Channel): Promise<Queue[]> {
    const ears: Queue[] = [];
    for (const broadcast of this.options.broadcasts) {
      const name = `${broadcast}.${randomUUID()}`;
      // Not auto-delete: it outlives its consumers, which are made anew now and then.
      await channel.assertQueue(name, { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } });
      await channel.bindQueue(name, broadcast, '');
      ears.push({ ...this.options.broadcastLimits, name, broadcast });
    }
    return ears;
  }

  private end(channel: Channel, onLost: (reason: string) => void): void {
    if (this.session?.channel !== channel) return;
    this.lose(() => true);
    this.session = undefined;
    if (!this.pauses.has('draining')) onLost('consuming channel closed');
  }

  private lose(fits: (delivery: Delivery) => boolean): void {
    for (const delivery of [...this.unsettled].filter(fits)) delivery.lose();
  }

  private async subscribeAll(session: Session): Promise<void> {
    await inTurn(session, async () => {
      for (const queue of [...this.queues.values(), ...session.ears]) if (this.wants(session, queue)) await this.subscribe(session, queue);
    });
  }

  private async subscribe(session: Session, queue: Queue): Promise<void> {
    const { channel, tags } = session;
    if (tags.has(queue.name)) return;
    // Per consumer: RabbitMQ 4.3 knows no other kind, and quorum queues never did. It holds for the consumers made after it.
    await channel.prefetch(this.prefetch, false);
    const { consumerTag } = await channel.consume(queue.name, (message) => {
      if (message) {
        this.receive(session, queue, message);
        return;
      }
      // The broker has taken back what this consumer held.
      this.lose((delivery) => delivery.consumerTag === tags.get(queue.name));
      tags.delete(queue.name);
      if (queue.broadcast) this.options.onLost(`the broker ended the consumer of broadcast "${queue.broadcast}"`);
      else void this.resubscribe(session, queue);
    });
    tags.set(queue.name, consumerTag);
  }

  private receiveScouted(session: Session, queue: Queue, tag: string, message: ConsumeMessage | null): void {
    if (message) {
      this.receive(session, queue, message, true);
      return;
    }
    this.lose((delivery) => delivery.consumerTag === tag);
    if (session.scouts.get(queue.name) === tag) session.scouts.delete(queue.name);
  }

  private receive({ channel, acks }: Session, queue: Queue, message: ConsumeMessage, scouted = false): void {
    const delivery = new Delivery(channel, acks, message, queue, (settled) => this.unsettled.delete(settled), scouted);
    this.unsettled.add(delivery);
    this.options.onDelivery(delivery);
  }

  /** The broker ended a consumer: its queue was deleted, or a delivery waited longer than the consumer timeout. The others go on. */
  private async resubscribe(session: Session, queue: Queue): Promise<void> {
    const { log } = this.options;
    log.warn({ queue: queue.name }, `the broker ended the consumer of queue "${queue.name}"`);
    for (let attempt = 0; this.wants(session, queue); attempt++) {
      try {
        // On a channel of its own: a queue that does not exist closes it.
        await checkQueue(session.connection, queue.name);
        if (!(await this.subscribeInTurn(session, queue))) return;
        log.info({ queue: queue.name }, 'consuming again');
        return;
      } catch (error) {
        log.warn({ queue: queue.name, error: errorMessage(error) }, 'no consumer yet');
        await setTimeout(backoffMilliseconds(attempt));
      }
    }
  }

  /** @returns whether it is still wanted */
  private async subscribeInTurn(session: Session, queue: Queue): Promise<boolean> {
    await inTurn(session, async () => {
      if (this.wants(session, queue)) await this.subscribe(session, queue);
    });
    return this.wants(session, queue);
  }

  private wants(session: Session, queue: Queue): boolean {
    return this.session === session && (this.queues.has(queue.name) || queue.broadcast !== undefined) && this.pauses.size === 0;
  }

  private get leaving(): boolean {
    return this.pauses.has('draining') || this.pauses.has('spent');
  }
}

async function inTurn(session: Session, change: () => Promise<void>): Promise<void> {
  session.changes = session.changes.then(change, change);
  await session.changes;
}

async function checkQueue(connection: ChannelModel, name: string): Promise<void> {
  const channel = await connection.createChannel();
  // What went wrong comes as the rejection of the call below; an 'error' without a listener would end the process.
  channel.on('error', () => undefined);
  await channel.checkQueue(name);
  await channel.close();
}
