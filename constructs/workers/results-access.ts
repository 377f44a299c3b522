import type { k8s } from 'cdk8s-plus-27';
import { RESULTS_ENVIRONMENT } from '../../workers/environment';
import { redisUrl, type RedisResultsOptions } from '../results';

/** What a container needs to reach the Redis that keeps results. */
export interface ResultsAccess {
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

const CREDENTIALS = '/etc/warren/redis';

/** The address, and the login as files that the worker reads at every connect; nothing where results go over `rpc://`. */
export function resultsAccess(redis: RedisResultsOptions | undefined): ResultsAccess {
  if (!redis) return { env: {}, volumes: [], volumeMounts: [] };
  return {
    env: {
      [RESULTS_ENVIRONMENT.backend]: 'redis',
      [RESULTS_ENVIRONMENT.redisUrl]: redisUrl(redis),
      [RESULTS_ENVIRONMENT.redisCredentials]: CREDENTIALS,
      ...(redis.expireSeconds !== undefined && { [RESULTS_ENVIRONMENT.expires]: String(redis.expireSeconds) }),
    },
    volumes: [{ name: 'redis', secret: { secretName: redis.secret } }],
    volumeMounts: [{ name: 'redis', mountPath: CREDENTIALS, readOnly: true }],
  };
}
