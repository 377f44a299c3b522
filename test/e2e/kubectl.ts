import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs kubectl on the cluster that the kubeconfig names. @throws Error with kubectl's own words */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', args, { maxBuffer: 64 * 2 ** 20 });
  return stdout;
}

/** Gives text to kubectl on standard input. */
export async function kubectlWithInput(input: string, ...args: string[]): Promise<void> {
  const child = spawn('kubectl', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}`);
}

export async function getJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T;
}

/** Forwards a free local port to a Service's port for as long as the work takes. */
export async function withPortForward<T>(
  namespace: string,
  service: string,
  port: number,
  work: (localPort: number) => Promise<T>,
): Promise<T> {
  const child = spawn('kubectl', ['-n', namespace, 'port-forward', `service/${service}`, `:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    return await work(await localPort(child));
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function localPort(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const match = /127\.0\.0\.1:(\d+)/.exec(line);
    if (match) return Number(match[1]);
  }
  throw new Error('kubectl port-forward ended before it forwarded anything');
}
