import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** To be free here means, on Linux, to be free at each address of the machine. */
const EVERY_ADDRESS = '0.0.0.0';

/**
 * Random ports that nobody listens on. They lie below those the kernel gives to outgoing connections, so that they are still free when
 * a node is started again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, 32_000);
    if ((await isFree(port, '127.0.0.1')) && (await isFree(port, EVERY_ADDRESS))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
