import { setTimeout } from 'node:timers/promises';
import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { adviceFor } from '../broker/advice';
import { TookTooLong, within } from '../broker/deadline';
import { errorMessage } from '../error-message';
import { WATCHDOG_QUEUE } from '../topology';

export interface WatchdogOptions {
  readonly log: Logger;
  /** Called when the node of the present connection answers no more. */
  readonly onSilent: (reason: string) => void;
}

/** From one question to the next, give or take a fifth, so that workers do not ask in step. */
const PERIOD_MS = 10_000;
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Notices a broker node that is cut off from the others. Such a node keeps connections, sends heartbeats and answers passive declarations,
 * but delivers nothing, and says nothing of it. What it cannot answer is `basic.get` on a quorum queue, because that takes a majority.
 *
 * Cost: one Raft entry per worker and period on a queue that is always empty. A silent node is left 5 to 17 s after it was cut off.
 */
export class Watchdog {
  private readonly ended = new AbortController();
  private complained = false;

  constructor(private readonly options: WatchdogOptions) {}

  /** Watches a connection until it ends. Returns at once: a broker without the watchdog's queue is no reason not to work. */
  watch(connection: ChannelModel): void {
    // What is thrown says that the connection has ended; there is nothing left to watch.
    this.run(connection).catch(() => undefined);
  }

  /** From now on no connection is given up: a drain needs it for its acks. */
  stop(): void {
    this.ended.abort();
  }

  private async run(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    let refusal: Error | undefined;
    channel.on('error', (error: Error) => (refusal = error));
    const closed = new AbortController();
    channel.once('close', () => closed.abort());
    const signal = AbortSignal.any([this.ended.signal, closed.signal]);
    let hasAnswered = false;
    while (!signal.aborted) {
      try {
        hasAnswered = await this.ask(channel, hasAnswered);
        await setTimeout(PERIOD_MS * (0.8 + 0.4 * Math.random()), undefined, { signal });
      } catch (error) {
        if (refusal) this.complain(refusal.message);
        throw error;
      }
    }
  }

  /** A queue that never answered on this connection may be in trouble itself while the tasks' queues are well; then nothing is left. */
  private async ask(channel: Channel, hasAnswered: boolean): Promise<boolean> {
    const answer = channel.get(WATCHDOG_QUEUE, { noAck: true });
    try {
      await within(ANSWER_TIMEOUT_MS, answer, 'the answer of a quorum queue', this.ended.signal);
    } catch (error) {
      if (!(error instanceof TookTooLong)) throw error;
      if (hasAnswered) this.options.onSilent(`the node is cut off from the others: ${errorMessage(error)}`);
      else this.complain(`no answer within ${ANSWER_TIMEOUT_MS} ms`);
      await answer;
    }
    return true;
  }

  private complain(error: string): void {
    if (this.complained) return;
    this.complained = true;
    this.options.log.warn(
      { queue: WATCHDOG_QUEUE, error, advice: adviceFor(error) },
      'the watchdog cannot ask its queue: a broker node that is cut off from the others may go unnoticed',
    );
  }
}
