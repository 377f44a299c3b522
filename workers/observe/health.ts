import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The probes of a worker. /livez answers while the event loop turns: a worker whose broker is away must not be restarted for it.
 * /readyz answers 200 only while the worker consumes, and says why when it does not.
 */
export class HealthServer {
  private readonly server: Server;

  /** @param unreadyReason why the worker takes no tasks right now; `undefined` when it does */
  constructor(unreadyReason: () => string | undefined) {
    this.server = createServer((request, response) => {
      const reason = request.url === '/readyz' ? unreadyReason() : undefined;
      const known = request.url === '/livez' || request.url === '/readyz';
      const [status, text] = known ? (reason ? [503, reason] : [200, 'ok']) : [404, 'try /livez or /readyz'];
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    });
  }

  /** @returns the port, for callers that asked for any free one with 0 */
  async start(port: number): Promise<number> {
    this.server.listen(port);
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
