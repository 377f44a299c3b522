import { readFile } from 'node:fs/promises';
import { type Channel, type ChannelModel, connect, type GetMessage, type Options } from 'amqplib';
import type { TestBroker } from './test-broker';
import { waitUntil } from './wait-until';

/** A user's own connection. */
export async function connectAs(broker: TestBroker, user: string): Promise<ChannelModel> {
  const { hostname, port } = new URL(`amqp://${broker.host}`);
  // Not as a URL: amqplib reads those as Latin-1.
  const protocol = broker.tlsCa === undefined ? 'amqp' : 'amqps';
  const ca = broker.tlsCa === undefined ? undefined : await readFile(broker.tlsCa);
  const login = { ...(await broker.credentials(user)), protocol, hostname, port: Number(port), vhost: broker.virtualHost };
  return connect(login, { timeout: 5000, ca });
}

/**
 * Runs work on a channel of a user's own connection, which is closed afterwards. When the broker closes the connection, its reason is
 * thrown instead of the error of the call that was waiting.
 */
export async function withChannel<T>(
  broker: TestBroker,
  user: string,
  work: (channel: Channel, connection: ChannelModel) => Promise<T>,
): Promise<T> {
  const connection = await connectAs(broker, user);
  const channel = await connection.createChannel();
  let reason: Error | undefined;
  connection.on('error', (error) => (reason = error));
  channel.on('error', () => undefined);
  try {
    return await work(channel, connection);
  } catch (error) {
    throw reason ?? error;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** Publishes one message as it is, to the task system's exchange. Resolves when the broker has it. */
export async function publish(broker: TestBroker, routingKey: string, body: string, options: Options.Publish): Promise<void> {
  await withChannel(broker, 'producer', async (_, connection) => {
    const channel = await connection.createConfirmChannel();
    channel.publish('tasks', routingKey, Buffer.from(body), { persistent: true, ...options });
    await channel.waitForConfirms();
  });
}

/** Waits for a message in a queue and takes it away. */
export function take(broker: TestBroker, queue: string, timeoutMs = 10_000): Promise<GetMessage> {
  return withChannel(broker, 'admin', (channel) =>
    waitUntil(async () => (await channel.get(queue, { noAck: true })) || undefined, { what: `message in ${queue}`, timeoutMs }),
  );
}
