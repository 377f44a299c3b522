import { join } from 'node:path';
import type { NodeNetwork } from './node-network';
import type { Environment, RenderedPod } from './rendered-pod';

/** Debian's build permits what upstream's denies since 4.3; tests want upstream's behaviour unless the manifest says otherwise. */
const UPSTREAM = { 'deprecated_features.permit.transient_nonexcl_queues': 'false' };

/** Configuration that follows the rendered one: the network's, other paths, and fresh counts. */
export function overridingConf({ config }: RenderedPod, network: NodeNetwork, root: string, extra: Environment): string {
  const rendered = config['rabbitmq.conf'] ?? '';
  const valueOf = (key: string) =>
    rendered
      .split('\n')
      .find((line) => line.startsWith(`${key} =`))
      ?.split(' = ')[1];
  const unsaid = Object.entries(UPSTREAM).filter(([key]) => valueOf(key) === undefined);
  const paths = [...rendered.matchAll(/^(\S+) = (\/(?:etc|run)\/.*)$/gm)].map(
    ([, key = '', path = '']) => [key, `${root}${path}`] as const,
  );
  const settings: Record<string, string | number | undefined> = {
    ...network.conf,
    ...Object.fromEntries(paths),
    'log.console.use_colors': 'off',
    // Counts in the management API are as old as this; 5 s by default.
    ...Object.fromEntries(['global', 'basic', 'detailed'].map((level) => [`management.sample_retention_policies.${level}.minute`, 1])),
    ...Object.fromEntries(unsaid),
    ...extra,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');
}

/** The rendered environment with its absolute paths moved below `root`. */
export function movedEnvironment(env: Environment, root: string): Environment {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(/(^|[ '])\//g, `$1${root}/`)]));
}

/** What the image sets, what the network needs, and what keeps the node small. `server` is the moved environment of its container. */
export function nodeEnvironment(server: Environment, network: NodeNetwork, root: string): Environment {
  const unused = join(root, 'unused');
  return {
    ...server,
    RABBITMQ_MNESIA_BASE: server['DATA_DIR'] ?? '',
    RABBITMQ_LOG_BASE: join(root, 'log'),
    RABBITMQ_PID_FILE: join(root, 'pid'),
    // A package's own files in /etc/rabbitmq are not part of the manifest.
    RABBITMQ_CONF_ENV_FILE: join(unused, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(unused, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(unused, 'advanced.config'),
    ...movedEnvironment(network.env, root),
    ERL_CRASH_DUMP_SECONDS: '0',
    // Counts of quorum queues are as old as their tick; 5 s by default.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none ${network.erlang.join(' ')} ${server['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS'] ?? ''} -rabbit quorum_tick_interval 500`,
  };
}
