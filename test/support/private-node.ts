import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { INTER_NODE_TLS } from '../../constructs/rabbitmq/erlang';
import { type HostCommand, onThisMachine } from './node-command';
import type { NodeNetwork } from './node-network';
import { movedEnvironment, nodeEnvironment, overridingConf } from './node-settings';
import { emptyFolder, mountVolume, writeFileAt } from './pod-volumes';
import { killProcessesWith, signalProcessesWith } from './process-table';
import { ManagedProcess, run } from './processes';
import type { NodeInstallation } from './rabbitmq-installation';
import type { Environment, Files, RenderedPod } from './rendered-pod';
import { type ScratchFolder, scratchFolder } from './scratch';
import { currentRun, RUN_MARK } from './test-run';

const NODE_MARK = 'WARREN_TEST_NODE';
/** A node that has lost its quorum takes 30 s to end. */
const STOP_DEADLINE = 45_000;

/** A RabbitMQ node outside Kubernetes that runs the rendered scripts with the rendered environment, moved into a folder of its own. */
export class PrivateNode {
  private readonly mark = randomBytes(8).toString('hex');
  private readonly lives: ManagedProcess[] = [];

  static async create(installation: NodeInstallation, pod: RenderedPod, network: NodeNetwork, settings: Environment): Promise<PrivateNode> {
    const node = new PrivateNode(installation, pod, network, settings, await scratchFolder(installation));
    for (const [path, files] of pod.mounts) await mountVolume(node.path(path), node.movedFiles(files));
    const unused = { 'unused/rabbitmq-env.conf': '', 'unused/rabbitmq.conf': '', 'unused/advanced.config': '[].' };
    for (const [file, text] of Object.entries({ ...network.files, ...unused })) await node.write(file, text);
    return node;
  }

  private constructor(
    private readonly installation: NodeInstallation,
    private readonly pod: RenderedPod,
    readonly network: NodeNetwork,
    private readonly settings: Environment,
    private readonly folder: ScratchFolder,
  ) {}

  /** Where the tests see a path of the pod. */
  path(inPod: string): string {
    return join(this.folder.outside, inPod);
  }

  /** Output of every life of the node so far. */
  logText(): string {
    return this.lives.map((life) => life.output).join('');
  }

  get running(): boolean {
    return this.lives.at(-1)?.running ?? false;
  }

  /** Init container, then server, as in a new pod; the data of an earlier life is still there. Returns before the node is ready. */
  async start(): Promise<void> {
    if (this.running) throw new Error('the node runs already');
    const { prepare, server } = this.pod;
    const confFolder = server.env['RABBITMQ_CONFIG_FILES'] ?? '';
    await emptyFolder(this.path(prepare.env['RUNTIME_DIR'] ?? ''));
    await this.write(join(confFolder, '99-test.conf'), overridingConf(this.pod, this.network, this.folder.inside, this.settings));
    if (process.getuid?.() === 0) await run(['chown', '-R', `${this.pod.uid}:${this.pod.gid}`, this.folder.outside]);
    const { command, env } = this.command(this.moved(prepare.command), movedEnvironment(prepare.env, this.folder.inside));
    await run(command, { env });
    const start = this.command(['nice', '-n', '5', ...this.moved(server.command)], this.environment);
    this.lives.push(new ManagedProcess(start.command, { env: start.env }));
  }

  /** Runs a command beside the server, like `kubectl exec`. */
  async exec(...argv: string[]): Promise<string> {
    const { command, env } = this.command(argv, this.environment);
    return run(command, { env });
  }

  /** SIGKILL for every process of the node; its data stays. */
  async kill(): Promise<void> {
    await killProcessesWith(NODE_MARK, this.mark);
    await this.lives.at(-1)?.exit;
  }

  /** Stands still, as a paused machine does: its connections stay open and nothing is answered. */
  async freeze(): Promise<void> {
    await signalProcessesWith(NODE_MARK, this.mark, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    await signalProcessesWith(NODE_MARK, this.mark, 'SIGCONT');
  }

  /** SIGTERM, as at the end of a pod; its data stays. */
  async stop(): Promise<void> {
    if (this.running) await this.lives.at(-1)?.stop('SIGTERM', STOP_DEADLINE);
    // epmd outlives the server, but not its container.
    await this.kill();
  }

  /** Loses the volume with the data, as when a claim is deleted. */
  async wipe(): Promise<void> {
    if (this.running) throw new Error('the node still uses its volume');
    await emptyFolder(this.path(this.pod.server.env['DATA_DIR'] ?? ''));
  }

  /** Runs the rendered preStop hook, as the kubelet does before it sends SIGTERM; its output. */
  async preStop(): Promise<string> {
    return this.exec(...this.pod.preStop);
  }

  async remove(): Promise<void> {
    await rm(this.folder.outside, { recursive: true, force: true });
  }

  private get environment(): Environment {
    return nodeEnvironment(movedEnvironment(this.pod.server.env, this.folder.inside), this.network, this.folder.inside);
  }

  private command(argv: readonly string[], env: Environment): HostCommand {
    const marks = { [NODE_MARK]: this.mark, [RUN_MARK]: currentRun() };
    const home = `${this.folder.inside}${this.pod.prepare.env['BROKER_HOME']}`;
    const { namespace } = this.network;
    return onThisMachine(this.installation, {
      argv,
      env: { HOME: home, ...env, ...marks },
      ...this.pod,
      folder: this.folder.inside,
      namespace,
    });
  }

  private moved(command: readonly string[]): string[] {
    return command.map((argument) =>
      this.pod.mounts.has(argument.replace(/\/[^/]*$/, '')) ? `${this.folder.inside}${argument}` : argument,
    );
  }

  /** Erlang's own files name paths that no variable and no setting can override. */
  private movedFiles(files: Files): Files {
    const text = files[INTER_NODE_TLS];
    return text === undefined ? files : { ...files, [INTER_NODE_TLS]: text.replaceAll('"/etc/', `"${this.folder.inside}/etc/`) };
  }

  private async write(path: string, text: string): Promise<void> {
    await writeFileAt(this.path(path), text);
  }
}
