import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRODUCER_LABEL } from '../../constructs';
import { ENVIRONMENT, TLS_ENVIRONMENT } from '../../workers/environment';
import { startPod } from './helper-pod';
import { kubectlWithInput } from './kubectl';
import type { System } from './system';
import { until } from './until';
import type { WorkerLogs } from './worker-logs';

export interface Load {
  readonly queue: string;
  readonly perSecond: number;
  readonly steps: number;
  readonly restSeconds: number;
}

/** What became of a load. */
export interface Outcome {
  readonly accepted: number;
  readonly rejected: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Longest time without an accepted task. */
  readonly longestGapSeconds: number;
}

interface Line {
  readonly accepted?: string;
  readonly rejected?: string;
  readonly time: number;
  readonly end?: true;
}

/** A pod with the label of producers that sends tasks at an even pace. */
export class Producer {
  static async start(system: System, name: string, load: Load, hosts: string, caSecret?: string): Promise<Producer> {
    await Producer.installProgram(system);
    await startPod({
      namespace: system.namespace,
      name,
      labels: PRODUCER_LABEL,
      // The files of a ConfigMap are links; the program looks for the client beside its own path.
      args: ['--preserve-symlinks-main', '/app/lib/test/e2e/programs/producer.js'],
      env: {
        PLAN: JSON.stringify(load),
        [ENVIRONMENT.topology]: '/topology/topology.json',
        [ENVIRONMENT.brokerHosts]: hosts,
        [ENVIRONMENT.brokerCredentials]: '/user',
        ...(caSecret && { [TLS_ENVIRONMENT.ca]: '/ca/ca.crt' }),
      },
      volumes: [
        { name: 'program', configMap: { name: 'e2e-programs' } },
        { name: 'topology', configMap: { name: 'tasks-topology' } },
        { name: 'user', secret: { secretName: 'tasks-broker-producer' } },
        ...(caSecret ? [{ name: 'ca', secret: { secretName: caSecret, items: [{ key: 'ca.crt', path: 'ca.crt' }] } }] : []),
      ],
      volumeMounts: [
        { name: 'program', mountPath: '/app/lib/test/e2e/programs' },
        { name: 'topology', mountPath: '/topology' },
        { name: 'user', mountPath: '/user' },
        ...(caSecret ? [{ name: 'ca', mountPath: '/ca' }] : []),
      ],
    });
    return new Producer(system, name);
  }

  private static async installProgram(system: System): Promise<void> {
    const program = await readFile(join(__dirname, 'programs', 'producer.js'), 'utf8');
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'e2e-programs', namespace: system.namespace },
      data: { 'producer.js': program },
    };
    await kubectlWithInput(JSON.stringify(config), 'apply', '-f', '-');
  }

  private constructor(
    private readonly system: System,
    private readonly name: string,
  ) {}

  async lines(): Promise<Line[]> {
    const text = await this.system.in('logs', this.name);
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  }

  /** Waits until so many more tasks were accepted. */
  async progress(tasks: number): Promise<void> {
    const accepted = async () => (await this.lines()).filter((line) => line.accepted).length;
    const goal = (await accepted()) + tasks;
    await until(`${tasks} more accepted tasks`, 120, async () => (await accepted()) >= goal);
  }

  /** Sends no more, and waits for every accepted task to be finished by some worker; what is missing then is lost. */
  async end(logs: WorkerLogs): Promise<Outcome> {
    await this.system.in('exec', this.name, '--', 'node', '-e', "require('fs').writeFileSync('/tmp/stop', '')");
    await until('end of the producer', 60, async () => (await this.lines()).some(({ end }) => end));
    const lines = await this.lines();
    const accepted = lines.flatMap((line) => line.accepted ?? []);
    const missing = (): string[] => {
      const finished = new Set(logs.finished());
      return accepted.filter((id) => !finished.has(id));
    };
    await until('end of all tasks', 120, async () => missing().length === 0).catch(() => undefined);
    const sent = new Set(accepted);
    const finished = logs.finished().filter((id) => sent.has(id));
    const times = lines.flatMap((line) => (line.accepted ? [line.time] : []));
    times.sort((a, b) => a - b);
    await this.system.in('delete', 'pod', this.name, '--wait=false');
    return {
      accepted: accepted.length,
      rejected: lines.filter((line) => line.rejected).length,
      lost: missing().length,
      duplicates: finished.length - new Set(finished).size,
      longestGapSeconds: times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0) / 1000,
    };
  }
}

export function outcomeText({ accepted, rejected, lost, duplicates, longestGapSeconds }: Outcome): string {
  return `${accepted} tasks accepted, ${lost} lost, ${duplicates} finished twice, ${rejected} rejected; longest time without an accepted one ${longestGapSeconds.toFixed(1)} s`;
}

/** `host:port` of every node, as the workers have them. */
export function brokerHosts(system: System, port = 5672, nodes = 3): string {
  return Array.from({ length: nodes }, (_, node) => `tasks-broker-${node}.tasks-broker-nodes.${system.namespace}.svc:${port}`).join(',');
}
