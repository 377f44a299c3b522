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

/** What kubectl says when it is refused. @throws Error when it is not */
export async function refusal(input: string, ...args: string[]): Promise<string> {
  const answer = await kubectlWithInput(input, ...args).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (answer === undefined) throw new Error(`kubectl ${args.join(' ')} was not refused`);
  return answer;
}

/** Gives text to kubectl on standard input. @throws Error with kubectl's own words */
export async function kubectlWithInput(input: string, ...args: string[]): Promise<string> {
  const child = run('kubectl', args, { maxBuffer: 64 * 2 ** 20 });
  child.child.stdin?.end(input);
  try {
    return (await child).stdout;
  } catch (error) {
    throw new Error(`kubectl ${args.join(' ')}: ${(error as { stderr?: string }).stderr ?? String(error)}`, { cause: error });
  }
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
