import { setTimeout } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { CONTROL_EXCHANGE, type ControlRequest, decodeControlRequest } from '../celery/control';
import { idsIn, stampsIn } from './arguments';
import { type Revoked, REVOKED_FOR_MS } from './revoked';

/** A queue that keeps all broadcasts for a while. Its name fits the permissions for queues of remote control. */
const JOURNAL = 'revoked.celery.pidbox';
/**
 * Not a stream, though it looks like one: a stream that the broker has lost (a node killed right after it was made) ends every connection
 * that publishes a broadcast or reads it, RabbitMQ 4.3.6. A quorum queue is as safe as those of the tasks.
 */
const JOURNAL_ARGUMENTS = {
  'x-queue-type': 'quorum',
  'x-message-ttl': REVOKED_FOR_MS,
  'x-max-length': 10_000,
  'x-max-length-bytes': 20_000_000,
  // Each reading counts as a failed delivery of everything that was read.
  'x-delivery-limit': -1,
  // One reader after the other: each must see all messages.
  'x-single-active-consumer': true,
} as const;
const FRESH_MS = 60_000;
/** RabbitMQ passes so many acks to a quorum queue at once; the others wait in the channel and are lost when it closes. */
const FEW_ACKS = 30;
const ACK_MS = 250;
/** All of them at once; the highest number of the protocol. */
const PREFETCH = 65_535;

/** A reading of the journal. */
export interface Reading {
  /** Resolves when the message with the marker was read, or when nothing more comes. */
  readonly caughtUp: Promise<void>;
  /** Gives everything back and lets the next reader in. */
  close(): Promise<void>;
}

/**
 * What was revoked while this worker was not there. Broadcasts reach only workers that listen; so the broker keeps them all in a queue, and a
 * worker looks through what is in it before it takes tasks. This outlives the restart of all workers at once, and their absence.
 */
export class RevokeJournal {
  constructor(private readonly revoked: Revoked) {}

  /**
   * Reads everything of the last three hours. Acks what is of no use to any reader, nearly all of it, so that the next one is quick; what
   * revokes tasks goes back.
   * @param marker text in a broadcast that is sent once this has returned
   * @throws Error when the broker has no such queue and makes none
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
    let acked = 0;
    await channel.consume(JOURNAL, (message) => {
      if (message && !this.isWorthKeeping(message)) {
        channel.ack(message);
        acked += 1;
      }
      if (!message || message.content.includes(marker)) done();
    });
    const close = async (): Promise<void> => {
      if (acked > FEW_ACKS) await setTimeout(ACK_MS, undefined, { ref: false });
      // Closing, and not cancelling: only so are all messages back at the moment in which the next reader begins.
      await channel.close().catch(() => undefined);
    };
    return { caughtUp, close };
  }

  private isWorthKeeping({ content, properties }: ConsumeMessage): boolean {
    // Nearly all broadcasts are questions of Flower's.
    if (!content.includes('"revoke') && !content.includes('"terminate"')) return false;
    try {
      const { headers, ...rest } = properties;
      // However late: it is the nature of a journal.
      const request = decodeControlRequest(content, rest, 0);
      return request.method === 'hello' ? isFresh(headers?.['expires']) : this.apply(request);
    } catch {
      // No command for anybody.
      return false;
    }
  }

  /** For whichever node it was meant: the node may have another name by now. Only what has not started is concerned. */
  private apply({ method, arguments: args }: ControlRequest): boolean {
    if (method === 'revoke' || method === 'terminate') this.revoked.add(idsIn(args, 'task_id'));
    else if (method === 'revoke_by_stamped_headers') this.revoked.addStamps(stampsIn(args, 'headers'));
    else return false;
    return true;
  }
}

/** A worker that starts now has put this there as its mark, and still looks for it. */
function isFresh(expires: unknown): boolean {
  return typeof expires === 'number' && expires * 1000 + FRESH_MS > Date.now();
}

/** The exchange is not durable, and whoever comes first makes it: so everybody binds. */
async function declare(channel: Channel): Promise<void> {
  await channel.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: false });
  await channel.assertQueue(JOURNAL, { durable: true, arguments: JOURNAL_ARGUMENTS });
  await channel.bindQueue(JOURNAL, CONTROL_EXCHANGE, '');
}
