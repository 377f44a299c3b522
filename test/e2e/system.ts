import { readFile } from 'node:fs/promises';
import { Yaml } from 'cdk8s';
import { secretsOf } from '../../tools/secrets';
import { Client } from '../../workers/client/client';
import { useClient } from '../../workers/client/default-client';
import { decodeTopology } from '../../workers/topology';
import { getJson, kubectl, kubectlWithInput, withPortForward } from './kubectl';
import { until } from './until';

export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number; state: { terminated?: { exitCode: number } } }[];
  };
}

/** An object of a manifest. */
export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** One rendered task system on a cluster. */
export class System {
  /** What `main.ts` rendered, as it stands in dist/. */
  static async rendered(environment: string): Promise<System> {
    const text = await readFile(`dist/${environment}.k8s.yaml`, 'utf8');
    return new System(`tasks-${environment}`, text, Yaml.load(`dist/${environment}.k8s.yaml`));
  }

  constructor(
    readonly namespace: string,
    readonly text: string,
    readonly objects: readonly KubernetesObject[],
  ) {}

  /** By hand, unless the manifest has a Job that does it. */
  async createSecrets(): Promise<string> {
    if (this.objects.some(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('tasks-secrets-'))) return 'left to the Job';
    await kubectlWithInput(Yaml.stringify(...secretsOf(this.objects)), 'create', '-f', '-').catch(onlyIfNew);
    return 'with npm run secrets';
  }

  async apply(text = this.text): Promise<string> {
    return kubectlWithInput(text, 'apply', '-f', '-');
  }

  /** With every drain, as a user would. */
  async delete(): Promise<void> {
    await kubectlWithInput(this.text, 'delete', '-f', '-', '--ignore-not-found', '--wait', '--timeout=600s');
  }

  /** Without waiting for drains. */
  async drop(): Promise<void> {
    await this.in('delete', 'scaledobjects,scaledjobs,statefulsets,deployments,jobs', '--all', '--cascade=orphan').catch(() => undefined);
    await this.in('delete', 'pods', '--all', '--grace-period=0', '--force').catch(() => undefined);
    await this.delete();
  }

  /** kubectl in the namespace. */
  in(...args: string[]): Promise<string> {
    return kubectl('-n', this.namespace, ...args);
  }

  get<T>(...args: string[]): Promise<T> {
    return getJson<T>('-n', this.namespace, ...args);
  }

  /** Pods that run or are about to: not those of finished Jobs, nor those being deleted. */
  async pods(selector = ''): Promise<Pod[]> {
    const items = await this.allPods(selector);
    return items.filter((pod) => !pod.metadata.deletionTimestamp && pod.status.phase !== 'Succeeded');
  }

  async allPods(selector = ''): Promise<Pod[]> {
    return (await this.get<{ items: Pod[] }>('pods', '-l', selector)).items;
  }

  workerPods(group: string): Promise<Pod[]> {
    return this.pods(`app.kubernetes.io/name=tasks-worker-${group}`);
  }

  brokerPods(): Promise<Pod[]> {
    return this.pods('app.kubernetes.io/name=tasks-broker');
  }

  /** Whether all pods the manifest asks for are there and ready, and all Jobs are done. */
  async ready(): Promise<boolean> {
    const sets = await this.get<{ items: { spec: { replicas: number }; status: { readyReplicas?: number; updatedReplicas?: number } }[] }>(
      'statefulsets,deployments',
    );
    const all = sets.items.every(({ spec, status }) => (status.readyReplicas ?? 0) === spec.replicas);
    const jobs = await this.get<{ items: { metadata: { name: string }; status: { succeeded?: number } }[] }>('jobs');
    const finished = jobs.items.every(
      ({ metadata, status }) => !/^tasks-(topology|secrets)-/.test(metadata.name) || status.succeeded === 1,
    );
    const pods = await this.pods('app.kubernetes.io/part-of=tasks');
    return all && finished && pods.length > 0 && pods.every(isReady);
  }

  async workers(group: string): Promise<number> {
    const { spec } = await this.get<{ spec: { replicas: number } }>('deployment', `tasks-worker-${group}`);
    return spec.replicas;
  }

  async restarts(): Promise<number> {
    const pods = await this.pods();
    return pods.flatMap((pod) => pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
  }

  /** Connects from outside as the producer, for tasks whose broker node stays where it is. */
  async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return withPortForward(this.namespace, 'tasks-broker', 5672, async (port) => {
      const { data } = await this.get<{ data: Record<string, string> }>('configmap', 'tasks-topology');
      const client = new Client({
        hosts: [`127.0.0.1:${port}`],
        credentials: async () => ({
          username: await this.secret('producer', 'username'),
          password: await this.secret('producer', 'password'),
        }),
        topology: decodeTopology(data['topology.json'] ?? ''),
      });
      useClient(client);
      try {
        return await work(client);
      } finally {
        await client.close();
      }
    });
  }

  async secret(user: string, key: string): Promise<string> {
    const { data } = await this.get<{ data: Record<string, string> }>('secret', `tasks-broker-${user}`);
    return Buffer.from(data[key] ?? '', 'base64').toString();
  }
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** `create` makes what is absent, and complains of the rest. */
function onlyIfNew(error: Error): void {
  const complaints = error.message.split('\n').filter((line) => line.includes('Error from server'));
  if (complaints.length === 0 || !complaints.every((line) => line.includes('AlreadyExists'))) throw error;
}

/** Brings the system up. */
export async function bringUp(system: System, step: <T>(what: string, work: () => Promise<T>) => Promise<T>): Promise<void> {
  await step('Secrets created, manifest applied', async () => {
    await system.createSecrets();
    await system.apply();
  });
  await step('everything Ready', async () => {
    await until('system that is Ready', 600, () => system.ready());
  });
}
