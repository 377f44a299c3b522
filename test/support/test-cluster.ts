import { dropPackets } from './network-namespaces';
import { mountVolume } from './pod-volumes';
import type { SystemBroker } from './task-system';
import type { TestBroker } from './test-broker';
import { waitUntil } from './wait-until';

/** Replicas of a queue as the management API shows them. */
export interface Replicas {
  readonly leader: string;
  readonly members: readonly string[];
  readonly online: readonly string[];
}

/** A broker of several nodes, each as tests see a broker of its own. */
export class TestCluster implements SystemBroker {
  readonly hosts: readonly string[];
  readonly virtualHost: string;
  readonly tlsCa: string | undefined;
  /** Seconds from the start of the first init container until the last node served clients and had every queue. */
  formationSeconds = 0;

  constructor(
    readonly nodes: readonly TestBroker[],
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.hosts = nodes.map(({ host }) => host);
    this.virtualHost = this.node(0).virtualHost;
    this.tlsCa = this.node(0).tlsCa;
  }

  node(ordinal: number): TestBroker {
    const node = this.nodes[ordinal];
    if (!node) throw new Error(`the cluster has no node ${ordinal}`);
    return node;
  }

  /** The node of that Erlang name, for example the leader of a queue. */
  named(name: string): TestBroker {
    return this.node(Number(/-(\d+)\./.exec(name)?.[1]));
  }

  /** Starts all nodes at once, as a StatefulSet with parallel pod management does. */
  async start(): Promise<void> {
    const started = Date.now();
    await Promise.all(this.nodes.map((node) => node.start()));
    this.formationSeconds = (Date.now() - started) / 1000;
  }

  /** A Secret is the same in every pod that mounts it. */
  credentialsFolder(user: string): string {
    return this.node(0).credentialsFolder(user);
  }

  /** Changes the Secret of a user where pods have it mounted; no node reads it before its next start. */
  async changePassword(user: string, password: string): Promise<void> {
    for (const node of this.nodes) await mountVolume(node.credentialsFolder(user), { username: user, password });
  }

  /** Any node that runs. */
  get running(): TestBroker {
    const node = this.nodes.find(({ running }) => running);
    if (!node) throw new Error('no node runs');
    return node;
  }

  /**
   * Cuts a node off from the other nodes. Clients still reach it.
   * @returns ends it
   */
  async cutOff(node: TestBroker): Promise<() => Promise<void>> {
    const others = this.nodes.filter((each) => each !== node).map(({ own }) => own.network.hostname);
    return dropPackets(namespaceOf(node), others);
  }

  /**
   * Cuts all nodes off from this machine, where clients and workers run.
   * @returns ends it
   */
  async cutOffClients(): Promise<() => Promise<void>> {
    const gateway = this.node(0).own.network.hostname.replace(/\.\d+$/, '.1');
    const ends = await Promise.all(this.nodes.map((node) => dropPackets(namespaceOf(node), [gateway])));
    return async () => void (await Promise.all(ends.map((end) => end())));
  }

  async replicas(queue: string): Promise<Replicas> {
    return this.running.api<Replicas>('GET', `/api/queues/${encodeURIComponent(this.virtualHost)}/${encodeURIComponent(queue)}`);
  }

  /**
   * Waits until every node has a replica of the queue that has written all the leader has. Being listed says nothing of it, and a second
   * node that loses its volume before that would take messages with it.
   */
  async waitForReplicas(queue: string): Promise<void> {
    const all = this.nodes.length;
    await waitUntil(
      async () => {
        const { members, online } = await this.replicas(queue);
        if (members.length < all || online.length < all) throw new Error(`${members.length} members, ${online.length} of them online`);
        const status = await this.running.own.exec(
          'rabbitmq-queues',
          '-q',
          'quorum_status',
          queue,
          '--vhost',
          this.virtualHost,
          '--formatter=json',
        );
        const written = new Set((JSON.parse(status) as Record<string, unknown>[]).map((member) => member['Last Log Index']));
        if (written.size !== 1) throw new Error(`they have written up to ${[...written].join(', ')}`);
        return true;
      },
      { what: `${all} complete replicas of ${queue}`, timeoutMs: 60_000, intervalMs: 200 },
    );
  }

  async stop(): Promise<void> {
    // The last ones have no quorum any more and would wait for it for half a minute.
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.cleanUp();
  }
}

function namespaceOf({ own }: TestBroker): string {
  if (own.network.namespace === undefined) throw new Error('the node has no network of its own: use describeLostPackets');
  return own.network.namespace;
}

/**
 * Restarts one node after the other as a StatefulSet does when its template changes: the highest ordinal first, and with each preStop
 * hook, SIGTERM, a new pod, and no further before that is ready.
 */
export async function rollingRestart(cluster: TestCluster): Promise<void> {
  for (let ordinal = cluster.nodes.length - 1; ordinal >= 0; ordinal--) {
    const node = cluster.node(ordinal);
    await node.own.preStop();
    await node.stop({ keepData: true });
    await node.start();
  }
}
