import { type Problem, suggest } from '../../workers/problems';
import { join, problem, text, type Rule } from '../rules';

/** Plugins the rendered system needs: KEDA and Flower call the management API, Prometheus scrapes, nodes find each other. */
export const PLUGINS = ['rabbitmq_management', 'rabbitmq_peer_discovery_k8s', 'rabbitmq_prometheus'] as const;

/** The others in the official image (RabbitMQ documentation, plugins; compared with the plugins folder of 4.3.6). */
export const SHIPPED_PLUGINS = [
  'rabbitmq_auth_backend_cache',
  'rabbitmq_auth_backend_http',
  'rabbitmq_auth_backend_internal_loopback',
  'rabbitmq_auth_backend_ldap',
  'rabbitmq_auth_backend_oauth2',
  'rabbitmq_auth_mechanism_ssl',
  'rabbitmq_consistent_hash_exchange',
  'rabbitmq_event_exchange',
  'rabbitmq_exchange_federation',
  'rabbitmq_federation',
  'rabbitmq_federation_management',
  'rabbitmq_federation_prometheus',
  'rabbitmq_jms_topic_exchange',
  'rabbitmq_mqtt',
  'rabbitmq_queue_federation',
  'rabbitmq_random_exchange',
  'rabbitmq_recent_history_exchange',
  'rabbitmq_sharding',
  'rabbitmq_shovel',
  'rabbitmq_shovel_management',
  'rabbitmq_shovel_prometheus',
  'rabbitmq_stomp',
  'rabbitmq_stream',
  'rabbitmq_stream_management',
  'rabbitmq_top',
  'rabbitmq_tracing',
  'rabbitmq_trust_store',
  'rabbitmq_web_mqtt',
  'rabbitmq_web_stomp',
] as const;

export const pluginName: Rule = text(/^[a-z][a-z0-9_]{0,63}$/, 'must be the name of a plugin', 'write it like "rabbitmq_shovel"');

/** A node does not start with a plugin it does not have; an image of your own may have others. */
export function pluginProblems(plugins: readonly string[], ownImage: boolean, path: string): Problem[] {
  const known: readonly string[] = [...PLUGINS, ...SHIPPED_PLUGINS];
  return plugins.flatMap((plugin, index) =>
    ownImage || known.includes(plugin)
      ? []
      : [problem(`${join(path, 'plugins')}[${index}]`, plugin, 'is not in the official image', suggest(plugin, known))],
  );
}

/** The text of enabled_plugins, an Erlang term. */
export function enabledPlugins(plugins: readonly string[]): string {
  return `[${[...new Set([...PLUGINS, ...plugins])].join(',')}].\n`;
}
