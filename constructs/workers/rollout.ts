import type { k8s } from 'cdk8s-plus-27';
import type { Problem } from '../../workers/problems';
import { withoutUndefined } from '../../workers/topology';
import { integer, join, oneOf, optional, problem, type Rule, shape } from '../rules';
import { type Count, countRule, isZero, renderCount } from './count';

/** How new workers take the place of old ones; the words are Kubernetes' (Deployment). */
export interface Rollout {
  /**
   * `RollingUpdate` starts new workers while old ones drain, so both versions run tasks for a while. `Recreate` lets all old ones drain
   * first: nobody takes tasks meanwhile, which may be as long as the longest task.
   * @default 'RollingUpdate'
   */
  readonly strategy?: 'RollingUpdate' | 'Recreate';
  /**
   * Workers beyond the wanted number, as a number or a percentage that is rounded up. Old workers that drain come on top.
   * @default '25%'
   */
  readonly maxSurge?: Count;
  /**
   * Workers that may be missing meanwhile, as a number or a percentage that is rounded down.
   * @default '25%'
   */
  readonly maxUnavailable?: Count;
  /**
   * Seconds that a new worker must have been ready before the next one is replaced: a version that ends on its first tasks stops the
   * rollout.
   * @default 10
   */
  readonly minReadySeconds?: number;
  /**
   * Seconds without progress after which the rollout counts as failed. Nothing is undone then; `kubectl rollout status` ends with an error.
   * @default - 600; with Recreate the grace period more, because the old workers drain first
   */
  readonly progressDeadlineSeconds?: number;
  /**
   * Old ReplicaSets that are kept for `kubectl rollout undo`.
   * @default 10
   */
  readonly revisionHistoryLimit?: number;
}

export const ROLLOUT_DEFAULTS = {
  strategy: 'RollingUpdate',
  maxSurge: '25%',
  maxUnavailable: '25%',
  minReadySeconds: 10,
  revisionHistoryLimit: 10,
} as const satisfies Rollout;

const PROGRESS_SECONDS = 600;

const fields = shape<Rollout>({
  strategy: optional(oneOf(['RollingUpdate', 'Recreate'])),
  maxSurge: optional(countRule(0)),
  maxUnavailable: optional(countRule(0)),
  minReadySeconds: optional(integer(0, 3600, 'seconds')),
  progressDeadlineSeconds: optional(integer(1, 1_000_000, 'seconds')),
  revisionHistoryLimit: optional(integer(0, 100)),
});

/** Each field, then combinations that the API server refuses. */
export const rolloutRule: Rule = (value, path) => {
  const problems = fields(value, path);
  return problems.length > 0 ? problems : combinationProblems(value as Rollout, path);
};

function combinationProblems(rollout: Rollout, path: string): Problem[] {
  const { strategy, maxSurge, maxUnavailable, minReadySeconds } = { ...ROLLOUT_DEFAULTS, ...withoutUndefined(rollout) };
  const { progressDeadlineSeconds = PROGRESS_SECONDS } = rollout;
  const useless = strategy === 'Recreate' ? (['maxSurge', 'maxUnavailable'] as const).filter((key) => rollout[key] !== undefined) : [];
  return [
    ...useless.map((key) => problem(join(path, key), rollout[key], 'has no meaning with strategy "Recreate"', 'remove one of them')),
    ...(isZero(maxSurge) && isZero(maxUnavailable)
      ? [problem(join(path, 'maxUnavailable'), maxUnavailable, 'must not be 0 together with maxSurge: nothing could move', 'raise one')]
      : []),
    ...(progressDeadlineSeconds > minReadySeconds
      ? []
      : [
          problem(
            join(path, 'progressDeadlineSeconds'),
            progressDeadlineSeconds,
            `must be over minReadySeconds (${minReadySeconds})`,
            'raise it, or lower minReadySeconds',
          ),
        ]),
  ];
}

type RolloutSpec = Pick<k8s.DeploymentSpec, 'strategy' | 'minReadySeconds' | 'progressDeadlineSeconds' | 'revisionHistoryLimit'>;

/** The fields of a Deployment that say how it rolls. */
export function renderRollout(rollout: Rollout, gracePeriodSeconds: number): RolloutSpec {
  const { strategy, maxSurge, maxUnavailable, ...rest } = { ...ROLLOUT_DEFAULTS, ...withoutUndefined(rollout) };
  const rolling = { rollingUpdate: { maxSurge: renderCount(maxSurge), maxUnavailable: renderCount(maxUnavailable) } };
  const drain = strategy === 'Recreate' ? gracePeriodSeconds : 0;
  return {
    progressDeadlineSeconds: PROGRESS_SECONDS + drain,
    ...rest,
    strategy: { type: strategy, ...(strategy === 'RollingUpdate' && rolling) },
  };
}
