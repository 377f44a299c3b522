import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Client } from '../../workers/client/client';
import { useClient } from '../../workers/client/default-client';
import { count } from '../../workers/tasks/count';
import { decodeTopology } from '../../workers/topology';
import { getJson, kubectl, kubectlWithInput, withPortForward } from './kubectl';

const run = promisify(execFile);

interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  status: { phase: string; conditions?: { type: string; status: string }[]; containerStatuses?: { restartCount: number }[] };
}

/** One rendered environment on a cluster. Everything is applied as it stands in dist/. */
export class System {
  readonly manifest: string;
  readonly namespace: string;

  constructor(readonly environment: string) {
    this.manifest = `dist/${environment}.k8s.yaml`;
    this.namespace = `tasks-${environment}`;
  }

  /** By hand, unless the manifest has a Job that does it. */
  async createSecrets(): Promise<string> {
    if (/^kind: Job\nmetadata:\n(?: .*\n)*?  name: tasks-secrets-/m.test(await readFile(this.manifest, 'utf8'))) return 'left to the Job';
    const { stdout } = await run('npm', ['run', '--silent', 'secrets', '--', this.environment]);
    await kubectlWithInput(stdout, 'create', '-f', '-');
    return 'with npm run secrets';
  }

  async apply(): Promise<void> {
    await kubectl('apply', '-f', this.manifest);
  }

  async delete(): Promise<void> {
    await kubectl('delete', '-f', this.manifest, '--ignore-not-found', '--wait', '--timeout=600s');
  }

  /** Pods that run or are about to: not those of finished Jobs, nor those being deleted. */
  async pods(selector = ''): Promise<Pod[]> {
    const { items } = await getJson<{ items: Pod[] }>('pods', '-n', this.namespace, '-l', selector);
    return items.filter((pod) => !pod.metadata.deletionTimestamp && pod.status.phase !== 'Succeeded');
  }

  /** Whether all pods the manifest asks for are there and ready, and all Jobs are done. */
  async ready(): Promise<boolean> {
    const sets = await getJson<{ items: { spec: { replicas: number }; status: { readyReplicas?: number } }[] }>(
      'statefulsets,deployments',
      '-n',
      this.namespace,
    );
    const all = sets.items.every(({ spec, status }) => (status.readyReplicas ?? 0) === spec.replicas);
    const jobs = await getJson<{ items: { status: { succeeded?: number } }[] }>('jobs', '-n', this.namespace);
    const finished = jobs.items.every(({ status }) => status.succeeded === 1);
    const pods = await this.pods();
    return all && finished && pods.length > 0 && pods.every(isReady);
  }

  async workers(group: string): Promise<number> {
    const { spec } = await getJson<{ spec: { replicas: number } }>('deployment', '-n', this.namespace, `tasks-worker-${group}`);
    return spec.replicas;
  }

  async restarts(): Promise<number> {
    const pods = await this.pods();
    return pods.flatMap((pod) => pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
  }

  /** Sends `count` tasks as the producer and returns their values. */
  async runTasks(tasks: number, steps: number, restSeconds: number): Promise<number[]> {
    return withPortForward(this.namespace, 'tasks-broker', 5672, async (port) => {
      const client = new Client({
        hosts: [`127.0.0.1:${port}`],
        credentials: async () => ({ username: await this.secret('username'), password: await this.secret('password') }),
        topology: decodeTopology(
          (await getJson<{ data: Record<string, string> }>('configmap', '-n', this.namespace, 'tasks-topology')).data['topology.json'] ??
            '',
        ),
      });
      useClient(client);
      try {
        const jobs = await Promise.all(Array.from({ length: tasks }, () => count.delay(steps, restSeconds)));
        return await Promise.all(jobs.map((job) => job.result({ timeoutSeconds: 600 })));
      } finally {
        await client.close();
      }
    });
  }

  private async secret(key: string): Promise<string> {
    const { data } = await getJson<{ data: Record<string, string> }>('secret', '-n', this.namespace, 'tasks-broker-producer');
    return Buffer.from(data[key] ?? '', 'base64').toString();
  }
}

function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Builds the image the manifests name and brings it to the nodes, with a command given by the user. */
export async function loadImage(command: string): Promise<void> {
  const image = /image: (\S*warren-worker\S*)/.exec(await readFile('dist/development.k8s.yaml', 'utf8'))?.[1];
  if (!image) throw new Error('dist/development.k8s.yaml names no worker image');
  const filled = command.replaceAll('{image}', image).replaceAll('{dockerfile}', 'workers/Dockerfile').replaceAll('{context}', '.');
  await run('sh', ['-c', filled], { maxBuffer: 64 * 2 ** 20 });
}
