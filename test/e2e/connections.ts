import { readFile } from 'node:fs/promises';
import { kubectl } from './kubectl';

/** Tries TCP connections from a pod, with what its image has: Node.js, Python or bash. */
export async function connectionsFrom(pod: readonly string[], targets: readonly string[]): Promise<Record<string, boolean>> {
  const [, , name = ''] = pod;
  const exec = ['exec', ...pod, '--'];
  if (name.startsWith('tasks-broker')) return viaBash(exec, targets);
  const program = name.includes('flower')
    ? ['python3', '-c', await programText('connect.py')]
    : ['node', '-e', await programText('connect.js')];
  return JSON.parse(await kubectl(...exec, ...program, ...targets)) as Record<string, boolean>;
}

async function viaBash(exec: readonly string[], targets: readonly string[]): Promise<Record<string, boolean>> {
  const tries = targets.map((target) => {
    const [host, port] = target.split(':');
    return `if timeout 2.5 bash -c '</dev/tcp/${host}/${port}' 2>/dev/null; then echo '${target}'; fi`;
  });
  const answer = await kubectl(...exec, 'bash', '-c', tries.join('\n'));
  return Object.fromEntries(targets.map((target) => [target, answer.split('\n').includes(target)]));
}

function programText(file: string): Promise<string> {
  return readFile(`test/e2e/programs/${file}`, 'utf8');
}
