import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import type { LamportClock } from '../celery/clock';
import { CONTROL_EXCHANGE, type EncodedMessage, encodeControlRequest } from '../celery/control';
import { errorMessage } from '../error-message';
import { listenForAnswers } from './mingle';
import { type Reading, RevokeJournal } from './revoke-journal';
import type { Revoked } from './revoked';

export interface CatchUpOptions {
  readonly nodeName: string;
  readonly clock: LamportClock;
  readonly revoked: Revoked;
  readonly publish: (exchange: string, routingKey: string, message: EncodedMessage) => boolean;
  readonly log: Logger;
}

/** Tasks wait for this, and connecting as a whole may take 10 s; usually it takes some hundredths of a second. */
const LONGEST_WAIT_MS = 5000;
/** A journal that takes longer is read on while tasks run already, but not for ever. */
const LONGEST_READING_MS = 30_000;
const RETRY_MS = 20;

/**
 * Learns at each connect which tasks were revoked meanwhile. One broadcast does two things: other workers answer it (Celery's mingle), and
 * it is the mark in the journal up to which this worker has to read.
 */
export class CatchUp {
  private readonly journal: RevokeJournal;
  /** The last reading ended the connection, so the next one is left out: nobody would get to the tasks. */
  private harmful = false;

  constructor(private readonly options: CatchUpOptions) {
    this.journal = new RevokeJournal(options.revoked);
  }

  /** Resolves when everything is known that was revoked before, after five seconds at the latest. Never throws. */
  async run(connection: ChannelModel): Promise<void> {
    if (this.harmful) {
      this.harmful = false;
      this.options.log.warn('revoked tasks of the past are not looked up: the last time the broker closed the connection');
      return;
    }
    const ended = AbortSignal.timeout(LONGEST_WAIT_MS);
    const late = setTimeout(LONGEST_WAIT_MS, 'late' as const, { ref: false });
    const first = await Promise.race([this.read(connection, ended), late]);
    if (first === 'late') this.options.log.warn('tasks are taken before all revoked ones are known');
  }

  private async read(connection: ChannelModel, ended: AbortSignal): Promise<void> {
    const { clock, revoked, log } = this.options;
    const key = randomUUID();
    const lost = (): void => void (this.harmful = true);
    connection.once('error', lost);
    try {
      await listenForAnswers(connection, key, revoked, clock);
      const reading = await this.journal.read(connection, key);
      void closeLater(reading);
      await this.sayHello(key, ended);
      await reading.caughtUp;
    } catch (error) {
      log.warn({ error: errorMessage(error) }, 'revoked tasks of the past are not known');
    } finally {
      connection.off('error', lost);
    }
  }

  /** The publishing connection may be a little later than this one. */
  private async sayHello(key: string, ended: AbortSignal): Promise<void> {
    const { nodeName, clock, publish } = this.options;
    // Not our own list: the others have the journal, too.
    const args = { from_node: nodeName, revoked: [] };
    const expiresAtMs = Date.now() + 1000;
    const hello = encodeControlRequest('hello', args, { ticket: key, replyKey: key, clock: clock.forward(), expiresAtMs });
    while (!publish(CONTROL_EXCHANGE, '', hello)) await setTimeout(RETRY_MS, undefined, { signal: ended });
  }
}

async function closeLater(reading: Reading): Promise<void> {
  await Promise.race([reading.caughtUp, setTimeout(LONGEST_READING_MS, undefined, { ref: false })]);
  await reading.close();
}
