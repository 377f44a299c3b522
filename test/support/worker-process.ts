import { type Family, parseExposition } from './exposition';
import type { Exit, ManagedProcess } from './processes';
import { waitUntil } from './wait-until';

/** A running worker of ours. */
export class WorkerProcess {
  constructor(readonly process: ManagedProcess) {}

  /** What a probe answers. */
  async probe(path: '/livez' | '/readyz'): Promise<number> {
    const response = await this.get(path);
    await response.text();
    return response.status;
  }

  /** What Prometheus reads: at most a second old, and of a valid form. */
  async metrics(): Promise<ReadonlyMap<string, Family>> {
    const response = await this.get('/metrics');
    const text = await response.text();
    if (response.status !== 200) throw new Error(`/metrics answers ${response.status}: ${text}`);
    return parseExposition(text);
  }

  /** Its port is in the worker's first log line. */
  private async get(path: string): Promise<Response> {
    const [, port] = await this.process.waitForOutput(/"healthPort":(\d+)/);
    return fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
  }

  async ready(): Promise<void> {
    await waitUntil(async () => (await this.probe('/readyz')) === 200, { what: `ready worker; its output: ${this.process.output}` });
  }

  /** Log lines with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.process.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message);
  }

  /** Ends it if it still runs. */
  async end(): Promise<Exit> {
    return this.process.running ? this.process.stop('SIGTERM', 30_000) : this.process.exit;
  }
}
