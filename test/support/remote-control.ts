import { withChannel } from './amqp';
import type { TestBroker } from './test-broker';

/**
 * Sends a command of remote control to all workers, which give no answer. Resolves when the broker has it. A worker listens to commands a
 * little after it has become ready: who must be heard asks again.
 */
export async function cast(broker: TestBroker, method: string, args: object): Promise<void> {
  const command = { method, arguments: args, destination: null, pattern: null, matcher: null };
  await withChannel(broker, 'producer', async (_, connection) => {
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
    const headers = { clock: 1, expires: 0 };
    channel.publish('celery.pidbox', '', Buffer.from(JSON.stringify(command)), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers,
    });
    await channel.waitForConfirms();
  });
}
