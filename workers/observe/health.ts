import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../error-message';

export interface HealthServerOptions {
  /** Why the worker takes no tasks right now; `undefined` when it does. */
  readonly unreadyReason: () => string | undefined;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: OutgoingHttpHeaders;
}

/**
 * The probes and the metrics of a worker. /livez answers while the event loop turns: a worker whose broker is away must not be restarted
 * for it. /readyz answers 200 only while the worker consumes, and says why when it does not. /metrics is for Prometheus.
 */
export class HealthServer {
  private readonly server: Server;

  constructor(private readonly options: HealthServerOptions) {
    this.server = createServer((request, response) => void this.answer(request, response));
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

  private async answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    // Closed, because a body that may follow is of no interest.
    const refusal: Answer = { status: 405, text: 'only GET\n', headers: { allow: 'GET', connection: 'close' } };
    const { status, text, headers } = method === 'GET' ? await this.get(url.replace(/\?.*/, '')) : refusal;
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
  }

  private async get(path: string): Promise<Answer> {
    if (path === '/livez') return { status: 200, text: 'ok\n' };
    if (path === '/readyz') return this.readiness();
    if (path === '/metrics') return this.metrics();
    return { status: 404, text: 'try /livez, /readyz or /metrics\n' };
  }

  private readiness(): Answer {
    const reason = this.options.unreadyReason();
    return reason ? { status: 503, text: `${reason}\n` } : { status: 200, text: 'ok\n' };
  }

  private async metrics(): Promise<Answer> {
    const { metrics } = this.options;
    try {
      return { status: 200, text: await metrics.text(), headers: { 'content-type': metrics.contentType } };
    } catch (error) {
      return { status: 500, text: `${errorMessage(error)}\n` };
    }
  }
}
