/** Where things are inside the broker's pod. */
export const PATHS = {
  /** ConfigMap: rabbitmq.conf, user.conf, enabled_plugins, definitions.json, prepare.sh, start.sh. */
  config: '/etc/warren/broker',
  /** One folder per user with its `username` and `password`; seen by the init container only. */
  users: '/etc/warren/users',
  cookie: '/etc/warren/cookie',
  /** Certificate, key and authorities. */
  tls: '/etc/warren/tls',
  /** In memory: the definitions with their password hashes, and the configuration the server starts from. */
  runtime: '/run/warren',
  home: '/var/lib/rabbitmq',
  data: '/var/lib/rabbitmq/mnesia',
} as const;
