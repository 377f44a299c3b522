import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { CONTROL_EXCHANGE, type ControlRequest, decodeControlRequest } from '../celery/control';
import { idsIn, stampsIn } from './arguments';
import { type Revoked, REVOKED_FOR_MS } from './revoked';

/** A stream that keeps all broadcasts for a while. Its name fits the permissions for queues of remote control. */
const STREAM = 'revoked.celery.pidbox';
/** Old messages go by whole segments, so these are small. */
const STREAM_ARGUMENTS = {
  'x-queue-type': 'stream',
  'x-max-age': '3h',
  'x-max-length-bytes': 20_000_000,
  'x-stream-max-segment-size-bytes': 500_000,
} as const;
const PREFETCH = 500;

/** A reading of the journal. */
export interface Reading {
  /** Resolves when the message with the marker was read, or when nothing more comes. */
  readonly caughtUp: Promise<void>;
  close(): Promise<void>;
}

/**
 * What was revoked while this worker was not there. Broadcasts reach only workers that listen; so the broker keeps them all in a stream, and
 * a worker reads what it has missed before it takes tasks. This outlives the restart of all workers at once, and their absence.
 */
export class RevokeJournal {
  /** Where the next reading begins. */
  private next: number | undefined;

  constructor(private readonly revoked: Revoked) {}

  /**
   * Reads from where the last reading ended, the first time from three hours ago.
   * @param marker text in a broadcast that is sent once this has returned
   * @throws Error when the broker has no such stream and makes none
   */
  async read(connection: ChannelModel, marker: string): Promise<Reading> {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await declare(channel);
    await channel.prefetch(PREFETCH, false);
    let done = (): void => undefined;
    const caughtUp = new Promise<void>((resolve) => {
      done = resolve;
      channel.once('close', () => resolve());
    });
    const receive = (message: ConsumeMessage | null): void => {
      if (message) {
        channel.ack(message);
        this.apply(message);
      }
      if (!message || message.content.includes(marker)) done();
    };
    await channel.consume(STREAM, receive, { arguments: { 'x-stream-offset': this.next ?? threeHoursAgo() } });
    return { caughtUp, close: () => channel.close().catch(() => undefined) };
  }

  private apply({ content, properties }: ConsumeMessage): void {
    const offset: unknown = properties.headers?.['x-stream-offset'];
    if (typeof offset === 'number') this.next = offset + 1;
    // Nearly all broadcasts are questions of Flower's.
    if (!content.includes('"revoke') && !content.includes('"terminate"')) return;
    try {
      // However late: it is the nature of a journal.
      const { headers: _, ...rest } = properties;
      this.applyRequest(decodeControlRequest(content, rest, 0));
    } catch {
      // No command for anybody.
    }
  }

  /** For whichever node it was meant: the node may have another name by now. Only what has not started is concerned. */
  private applyRequest({ method, arguments: args }: ControlRequest): void {
    if (method === 'revoke' || method === 'terminate') this.revoked.add(idsIn(args, 'task_id'));
    if (method === 'revoke_by_stamped_headers') this.revoked.addStamps(stampsIn(args, 'headers'));
  }
}

/** The exchange is not durable, and whoever comes first makes it: so everybody binds. */
async function declare(channel: Channel): Promise<void> {
  await channel.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: false });
  await channel.assertQueue(STREAM, { durable: true, arguments: STREAM_ARGUMENTS });
  await channel.bindQueue(STREAM, CONTROL_EXCHANGE, '');
}

/** As amqplib writes an AMQP timestamp: in seconds. */
function threeHoursAgo(): unknown {
  return { '!': 'timestamp', value: Math.floor((Date.now() - REVOKED_FOR_MS) / 1000) };
}
