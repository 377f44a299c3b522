import type { Logger } from 'pino';
import { type ManagementApi, ManagementError } from './api';
import type { Definitions } from './definitions';

export interface ApplyOptions {
  readonly api: ManagementApi;
  readonly definitions: Definitions;
  /** The password of a user, read from its mounted Secret. */
  readonly passwordOf: (user: string) => Promise<string>;
  readonly log: Logger;
}

/**
 * Brings a running broker to the declared topology. Safe to repeat: everything is a PUT of the declared state. Policies come before
 * queues, so that no queue is ever without its dead-letter queue and limits. Nothing is deleted.
 * @returns what the broker refused; the rest is applied all the same
 * @throws Error when a password cannot be read or the broker does not answer
 */
export async function applyDefinitions({ api, definitions, passwordOf, log }: ApplyOptions): Promise<string[]> {
  const refusals: string[] = [];
  const each = async <T>(items: readonly T[], put: (item: T) => Promise<void>): Promise<void> => {
    for (const item of items) {
      try {
        await put(item);
      } catch (error) {
        if (!(error instanceof ManagementError) || error.status === 0) throw error;
        refusals.push(error.message);
      }
    }
  };
  await each(definitions.vhosts, ({ name, metadata }) => api.put(['vhosts', name], metadata));
  await each(definitions.users, async ({ name, tags }) =>
    api.put(['users', name], { tags: tags.join(','), password: await passwordOf(name) }),
  );
  await each(definitions.permissions, ({ user, vhost, ...patterns }) => api.put(['permissions', vhost, user], patterns));
  await each(definitions.exchanges, ({ vhost, name, ...exchange }) => api.put(['exchanges', vhost, name], exchange));
  await each(definitions.policies, ({ vhost, name, ...policy }) => api.put(['policies', vhost, name], policy));
  await each(definitions.queues, ({ vhost, name, ...queue }) => api.put(['queues', vhost, name], queue));
  await each(definitions.bindings, ({ vhost, source, destination, destination_type: type, routing_key, arguments: args }) =>
    api.post(['bindings', vhost, 'e', source, type === 'queue' ? 'q' : 'e', destination], { routing_key, arguments: args }),
  );
  const { users, policies, queues } = definitions;
  log.info({ users: users.length, policies: policies.length, queues: queues.length, refused: refusals.length }, 'topology applied');
  return refusals;
}

interface FeatureFlag {
  readonly name: string;
  readonly state: string;
  readonly stability: string;
}

/** Stable feature flags that an upgrade has left off; the next upgrade would refuse to start without them (RabbitMQ documentation, feature flags). */
export async function enableFeatureFlags(api: ManagementApi, log: Logger): Promise<void> {
  const flags = await api.get<readonly FeatureFlag[]>('feature-flags');
  for (const { name } of flags.filter(({ state, stability }) => state === 'disabled' && stability === 'stable')) {
    await api.put(['feature-flags', name, 'enable'], { name });
    log.info({ flag: name }, 'feature flag enabled');
  }
}

/** After restarts the leaders of all queues tend to sit on one node. */
export async function rebalanceLeaders(api: ManagementApi): Promise<void> {
  await api.post(['rebalance', 'queues']);
}
