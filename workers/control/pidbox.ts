import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { reopenLater } from '../broker/reopen-later';
import {
  CONTROL_EXCHANGE,
  CONTROL_QUEUE,
  CONTROL_QUEUE_SUFFIX,
  type ControlRequest,
  decodeControlRequest,
  type EncodedMessage,
  encodeControlReply,
  InvalidControlMessage,
  isMeantFor,
  REPLY_EXCHANGE,
} from '../celery/control';
import { errorMessage } from '../error-message';
import { type CommandContext, NO_REPLY } from './command';
import { dispatch } from './dispatch';

export interface PidboxOptions {
  readonly context: CommandContext;
  /** Sends an answer, or drops it when that would take time. */
  readonly reply: (exchange: string, routingKey: string, message: EncodedMessage) => boolean;
  readonly log: Logger;
}

/** Queue names have at most 255 bytes. */
const LONGEST_NODE_NAME = 150;

/**
 * Receives control messages and answers them, from the first connection until the process ends, also while it drains. The queue has a name
 * of its own each time, so that two workers of the same node name, or a worker and the rest of its last connection, do not shut each
 * other out.
 */
export class Pidbox {
  constructor(private readonly options: PidboxOptions) {}

  /**
   * Listens on a new connection, and again when only its channel is lost.
   * @throws Error when the broker refuses
   */
  async open(connection: ChannelModel): Promise<void> {
    const { context, log } = this.options;
    const { nodeName } = context.worker;
    const name = Buffer.byteLength(nodeName) <= LONGEST_NODE_NAME ? `${nodeName}.${randomUUID()}` : randomUUID();
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => log.warn({ error: error.message }, 'the broker closed the control channel'));
    channel.on('close', () => reopenLater(connection, () => this.reopen(connection)));
    await channel.assertExchange(CONTROL_EXCHANGE, 'fanout', { durable: false });
    const { queue } = await channel.assertQueue(name + CONTROL_QUEUE_SUFFIX, CONTROL_QUEUE);
    await channel.bindQueue(queue, CONTROL_EXCHANGE, '');
    const lost = (): void => void channel.close().catch(() => undefined);
    await channel.consume(queue, (message) => (message ? void this.receive(message) : lost()), { noAck: true });
  }

  private async reopen(connection: ChannelModel): Promise<void> {
    await this.open(connection).catch((error: unknown) => {
      this.options.log.warn({ error: errorMessage(error) }, 'no control channel');
    });
  }

  private async receive({ content, properties }: ConsumeMessage): Promise<void> {
    const { context, log } = this.options;
    try {
      const request = decodeControlRequest(content, properties, Date.now());
      context.clock.adjust(request.clock);
      if (isMeantFor(context.worker.nodeName, request)) await this.answer(request);
    } catch (error) {
      const level = error instanceof InvalidControlMessage ? 'debug' : 'warn';
      log[level]({ error: errorMessage(error) }, 'control message ignored');
    }
  }

  private async answer({ method, arguments: args, replyTo, ticket }: ControlRequest): Promise<void> {
    const { context, reply, log } = this.options;
    log.debug({ method }, 'control command');
    const answer = await dispatch(context, method, args);
    if (answer === NO_REPLY || !replyTo) return;
    // To no other exchange: whoever may ask must not be able to publish where only the worker may.
    if (replyTo.exchange !== REPLY_EXCHANGE) {
      log.debug({ method, exchange: replyTo.exchange }, 'control command not answered: unknown exchange');
      return;
    }
    const { nodeName } = context.worker;
    reply(REPLY_EXCHANGE, replyTo.routingKey, encodeControlReply(nodeName, answer, ticket, context.clock.forward()));
  }
}
