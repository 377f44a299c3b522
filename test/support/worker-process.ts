import type { Exit, ManagedProcess } from './processes';
import { waitUntil } from './wait-until';

/** A running worker of ours. */
export class WorkerProcess {
  constructor(readonly process: ManagedProcess) {}

  /** What a probe answers; its port is in the worker's first log line. */
  async probe(path: '/livez' | '/readyz'): Promise<number> {
    const [, port] = await this.process.waitForOutput(/"healthPort":(\d+)/);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    await response.text();
    return response.status;
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
