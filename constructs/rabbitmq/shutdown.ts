import type { Problem } from '../../workers/problems';
import { integer, join, optional, problem, type Shape } from '../rules';

/** How a node leaves: wait for the others, hand over, end; each of them bounded. */
export interface ShutdownOptions {
  /**
   * Seconds a node that shall end waits until the others keep a majority of every queue without it, 10 to 1800. It ends afterwards
   * either way (RabbitMQ documentation, upgrade: await_online_quorum_plus_one). A single node has nobody to wait for.
   * @default 120
   */
  readonly quorumWaitSeconds?: number;
  /**
   * Seconds between SIGTERM and SIGKILL, at most 3600: no less than waiting, handing over and ending take together.
   * @default - 90 seconds more than `quorumWaitSeconds`; 60 for a single node
   */
  readonly terminationGracePeriodSeconds?: number;
}

export const SHUTDOWN_DEFAULTS = { quorumWaitSeconds: 120 } as const satisfies ShutdownOptions;

export type ResolvedShutdown = Required<ShutdownOptions>;

/** Seconds the handing over of leaders and connections may take. */
const DRAIN = 30;
/** Seconds a server needs to end when the majority is gone already (measured: 30.3), rounded up. */
const END = 35;
/** What the default leaves for it. */
const COMFORTABLE_END = 60;
const LONGEST = 3600;

export const shutdownFields: Shape<ShutdownOptions> = {
  quorumWaitSeconds: optional(integer(10, 1800, 'seconds')),
  terminationGracePeriodSeconds: optional(integer(1, LONGEST, 'seconds')),
};

export function resolveShutdown(options: ShutdownOptions, nodes: number): ResolvedShutdown {
  const { quorumWaitSeconds = SHUTDOWN_DEFAULTS.quorumWaitSeconds, terminationGracePeriodSeconds } = options;
  const handover = handoverSeconds(quorumWaitSeconds, nodes);
  return { quorumWaitSeconds, terminationGracePeriodSeconds: terminationGracePeriodSeconds ?? handover + COMFORTABLE_END };
}

/** Grace period > quorum wait + drain + end, or the drain is cut short. */
export function shutdownProblems(options: ResolvedShutdown, nodes: number, path: string): Problem[] {
  const least = handoverSeconds(options.quorumWaitSeconds, nodes) + END;
  if (options.terminationGracePeriodSeconds >= least) return [];
  const rule = nodes > 1 ? `must be at least quorumWaitSeconds + ${DRAIN + END}` : 'must leave the server time to end';
  const got = options.terminationGracePeriodSeconds;
  return [problem(join(path, 'terminationGracePeriodSeconds'), got, rule, `use ${least} or more, or leave it out`)];
}

/** The shell command a node runs before SIGTERM; it goes on to the drain when the wait fails, because a preStop cannot veto anyway. */
export function preStop({ quorumWaitSeconds }: ResolvedShutdown): string {
  return `rabbitmq-upgrade await_online_quorum_plus_one -t ${quorumWaitSeconds}; rabbitmq-upgrade drain -t ${DRAIN}`;
}

function handoverSeconds(quorumWaitSeconds: number, nodes: number): number {
  return nodes > 1 ? quorumWaitSeconds + DRAIN : 0;
}
