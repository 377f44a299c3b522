import { createServer, connect, type Server, type Socket } from 'node:net';
import { freePorts } from './free-ports';

/** Passes everything on, until the client says something that matches: from then on the server hears the client, and the client hears nothing. */
export class HoldingProxy {
  private readonly sockets = new Set<Socket>();
  private holding = false;

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async start(target: number, pattern: RegExp): Promise<HoldingProxy> {
    const [port = 0] = await freePorts(1);
    const server = createServer();
    const proxy = new HoldingProxy(port, server);
    server.on('connection', (client) => proxy.join(client, connect(target, '127.0.0.1'), pattern));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return proxy;
  }

  /** Whether answers are held back. */
  get holds(): boolean {
    return this.holding;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, target: Socket, pattern: RegExp): void {
    for (const socket of [client, target]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (data) => {
      if (pattern.test(data.toString())) this.holding = true;
      target.write(data);
    });
    target.on('data', (data) => {
      if (!this.holding) client.write(data);
    });
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  }
}
