import { k8s } from 'cdk8s-plus-27';
import { withoutUndefined } from '../../workers/topology';
import { integer, optional, type Rule, type Shape, shape } from '../rules';

/** When the kubelet asks, and how often in vain before it acts. */
export interface ProbeTimes {
  /**
   * Seconds from one question to the next.
   * @default - see `Probes`
   */
  readonly periodSeconds?: number;
  /**
   * Seconds to wait for an answer.
   * @default - see `Probes`
   */
  readonly timeoutSeconds?: number;
  /**
   * Questions in a row without a good answer before the kubelet acts.
   * @default - see `Probes`
   */
  readonly failureThreshold?: number;
}

export interface LivenessTimes extends ProbeTimes {
  /**
   * Seconds between SIGTERM and SIGKILL for a worker that liveness has given up. Short, because an event loop that stands still does not
   * drain; its tasks go back to the queue when the connection breaks.
   * @default - see `Probes`
   */
  readonly terminationGracePeriodSeconds?: number;
}

/**
 * Times of the probes. What they ask is fixed: `/livez` answers while the event loop turns, `/readyz` while the worker consumes its
 * queues. A broker that is away makes a worker unready and never restarts it.
 */
export interface Probes {
  /**
   * Until it first succeeds the others wait: time to load the tasks' modules.
   * @default { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 60 } - two minutes
   */
  readonly startup?: ProbeTimes;
  /**
   * An unready worker holds up a rollout and counts as unavailable; no traffic depends on it.
   * @default { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 } - unready 10 s after the connection is lost
   */
  readonly readiness?: ProbeTimes;
  /**
   * A task that computes on the event loop for longer than this costs the worker its life; `runIn: 'thread'` runs it in a thread.
   * @default { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6, terminationGracePeriodSeconds: 30 } - a minute of standstill
   */
  readonly liveness?: LivenessTimes;
}

export const PROBE_DEFAULTS = {
  startup: { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 60 },
  readiness: { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6, terminationGracePeriodSeconds: 30 },
} as const satisfies Probes;

const times: Shape<ProbeTimes> = {
  periodSeconds: optional(integer(1, 3600, 'seconds')),
  timeoutSeconds: optional(integer(1, 3600, 'seconds')),
  failureThreshold: optional(integer(1, 1000)),
};

export const probesRule: Rule = shape<Probes>({
  startup: optional(shape<ProbeTimes>(times)),
  readiness: optional(shape<ProbeTimes>(times)),
  liveness: optional(shape<LivenessTimes>({ ...times, terminationGracePeriodSeconds: optional(integer(1, 604_800, 'seconds')) })),
});

/** The probes of a worker that answers on `port`. */
export function renderProbes(
  { startup = {}, readiness = {}, liveness = {} }: Probes,
  port: k8s.IntOrString,
): Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const ask = (path: string) => ({ httpGet: { path, port } });
  return {
    startupProbe: { ...ask('/livez'), ...PROBE_DEFAULTS.startup, ...withoutUndefined(startup) },
    readinessProbe: { ...ask('/readyz'), ...PROBE_DEFAULTS.readiness, ...withoutUndefined(readiness) },
    livenessProbe: { ...ask('/livez'), ...PROBE_DEFAULTS.liveness, ...withoutUndefined(liveness) },
  };
}
