import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { System } from './system';

/** A line of a worker's log. */
export interface LogLine {
  readonly pod: string;
  readonly time: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Follows the logs of all workers of a system, also of those that come later, so that those of removed pods are not lost. */
export class WorkerLogs {
  readonly lines: LogLine[] = [];
  private readonly followed = new Map<string, ChildProcess>();
  private readonly known = new Set<string>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly system: System,
    private readonly selector = 'app.kubernetes.io/component=worker',
  ) {
    this.timer = setInterval(() => void this.look(), 1000);
  }

  /** Lines with these words. */
  saying(msg: string): LogLine[] {
    return this.lines.filter((line) => line.msg === msg);
  }

  /** Ids of tasks that ended well, once for each time they did. */
  finished(): string[] {
    return this.saying('task ended')
      .filter(({ status }) => status === 'SUCCESS')
      .map(({ id }) => String(id));
  }

  stop(): void {
    clearInterval(this.timer);
    for (const child of this.followed.values()) child.kill();
  }

  private async look(): Promise<void> {
    const pods = await this.system.allPods(this.selector).catch(() => []);
    for (const { metadata, status } of pods) {
      const ended = this.followed.get(metadata.uid)?.exitCode;
      // A container that was restarted, or a log that was cut off, is followed once more; lines that are known do not count again.
      const again = ended !== undefined && ended !== null && status.phase === 'Running';
      if (status.phase !== 'Pending' && (again || !this.followed.has(metadata.uid))) this.follow(metadata);
    }
  }

  private follow({ name, uid }: { readonly name: string; readonly uid: string }): void {
    const child = spawn('kubectl', ['-n', this.system.namespace, 'logs', '-f', name, '-c', 'worker'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.followed.set(uid, child);
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (!text.startsWith('{') || this.known.has(text)) return;
      this.known.add(text);
      const line = JSON.parse(text) as { time: string; msg: string };
      this.lines.push({ ...line, pod: name, time: new Date(line.time).getTime() });
    });
  }
}
