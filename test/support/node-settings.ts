import { join } from 'node:path';
import type { Environment, RenderedPod } from './rendered-pod';

export interface NodePorts {
  readonly amqp: number;
  readonly management: number;
  readonly prometheus: number;
  readonly distribution: number;
  readonly epmd: number;
}

/** Debian's build permits what upstream's denies since 4.3; tests want upstream's behaviour unless the manifest says otherwise. */
const UPSTREAM = { 'deprecated_features.permit.transient_nonexcl_queues': 'false' };

/** Configuration that follows the rendered one: other ports and paths, loopback only, no waiting for nodes that do not exist. */
export function overridingConf({ config }: RenderedPod, ports: NodePorts, root: string, extra: Environment): string {
  const rendered = config['rabbitmq.conf'] ?? '';
  const valueOf = (key: string) =>
    rendered
      .split('\n')
      .find((line) => line.startsWith(`${key} =`))
      ?.split(' = ')[1];
  const unsaid = Object.entries(UPSTREAM).filter(([key]) => valueOf(key) === undefined);
  const settings = {
    'listeners.tcp.default': `127.0.0.1:${ports.amqp}`,
    'management.tcp.ip': '127.0.0.1',
    'management.tcp.port': ports.management,
    'prometheus.tcp.ip': '127.0.0.1',
    'prometheus.tcp.port': ports.prometheus,
    'definitions.local.path': `${root}${valueOf('definitions.local.path')}`,
    'cluster_formation.target_cluster_size_hint': 1,
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
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.startsWith('/') ? `${root}${value}` : value]));
}

/** What the image sets, what keeps the node on loopback, and what keeps it small. `server` is the moved environment of its container. */
export function nodeEnvironment(server: Environment, ports: NodePorts, root: string): Environment {
  const unused = join(root, 'unused');
  return {
    ...server,
    NODES: '1',
    AMQP_PORT: String(ports.amqp),
    RABBITMQ_MNESIA_BASE: server['DATA_DIR'] ?? '',
    RABBITMQ_LOG_BASE: join(root, 'log'),
    RABBITMQ_PID_FILE: join(root, 'pid'),
    // A package's own files in /etc/rabbitmq are not part of the manifest.
    RABBITMQ_CONF_ENV_FILE: join(unused, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(unused, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(unused, 'advanced.config'),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_INETRC: join(root, 'inetrc'),
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      // Counts of quorum queues are as old as their tick; 5 s by default.
      '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} -rabbit quorum_tick_interval 500',
  };
}

/** Makes Erlang resolve the node's rendered name to loopback, without touching /etc/hosts. */
export function inetrc(server: Environment): string {
  const host = server['RABBITMQ_NODENAME']?.split('@')[1];
  return `{host,{127,0,0,1},["${host}","localhost"]}.\n{lookup,[file,native]}.\n`;
}
