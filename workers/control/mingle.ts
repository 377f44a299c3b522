import { setTimeout } from 'node:timers/promises';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import type { LamportClock } from '../celery/clock';
import { CONTROL_QUEUE, CONTROL_QUEUE_SUFFIX, REPLY_EXCHANGE } from '../celery/control';
import { revokedIn } from './commands/node';
import type { Revoked } from './revoked';

/** As long as Celery waits. Nobody waits for it here. */
const LISTEN_MS = 1000;
const LARGEST_BYTES = 4 * 2 ** 20;

/**
 * Takes over what other workers answer to `hello`: tasks that were revoked while this one was away, and the clock. Returns as soon as it
 * listens, and stops by itself.
 * @param key routing key of the answers
 */
export async function listenForAnswers(connection: ChannelModel, key: string, revoked: Revoked, clock: LamportClock): Promise<void> {
  const channel = await connection.createChannel();
  // Whatever goes wrong here is made up for by the journal of revoked tasks.
  channel.on('error', () => undefined);
  await channel.assertExchange(REPLY_EXCHANGE, 'direct', { durable: false });
  const { queue } = await channel.assertQueue(`${key}.reply${CONTROL_QUEUE_SUFFIX}`, CONTROL_QUEUE);
  await channel.bindQueue(queue, REPLY_EXCHANGE, key);
  await channel.consume(queue, (message) => message && takeOver(message, revoked, clock), { noAck: true });
  void setTimeout(LISTEN_MS, undefined, { ref: false })
    .then(() => channel.close())
    .catch(() => undefined);
}

function takeOver({ content, properties }: ConsumeMessage, revoked: Revoked, clock: LamportClock): void {
  clock.adjust(properties.headers?.['clock']);
  if (content.length > LARGEST_BYTES) return;
  for (const answer of answersIn(content)) {
    if (typeof answer === 'object' && answer !== null && 'revoked' in answer) revoked.add(revokedIn(answer.revoked));
  }
}

function answersIn(content: Buffer): unknown[] {
  try {
    const body: unknown = JSON.parse(content.toString());
    return typeof body === 'object' && body !== null ? Object.values(body) : [];
  } catch {
    return [];
  }
}
