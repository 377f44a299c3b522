import { isDeepStrictEqual } from 'node:util';
import type { ManagementApi } from './api';
import type { Definitions, PolicyDefinition } from './definitions';

interface QueueState {
  readonly name: string;
  readonly type: string;
  readonly policy?: string | null;
  readonly members?: readonly string[];
}

/** RabbitMQ starts a quorum queue with this many members where there are as many nodes (`quorum_initial_group_size`). */
const MEMBERS = 3;

/** What the broker has not as it was declared, one sentence each; none when all is well. */
export async function differences(api: ManagementApi, definitions: Definitions): Promise<string[]> {
  const nodes = await api.get<readonly { running: boolean }[]>('nodes');
  const all = await Promise.all(
    definitions.vhosts.map(async ({ name: vhost }) => {
      const queues = await api.get<readonly QueueState[]>('queues', vhost);
      const policies = await api.get<readonly PolicyDefinition[]>('policies', vhost);
      const members = Math.min(MEMBERS, nodes.filter(({ running }) => running).length);
      return [
        ...definitions.queues
          .filter((queue) => queue.vhost === vhost)
          .flatMap(({ name, arguments: args }) => {
            const found = queues.find((queue) => queue.name === name);
            const policy = definitions.policies.find((each) => each.vhost === vhost && new RegExp(each.pattern).test(name));
            return queueDifferences(name, found, String(args['x-queue-type']), policy?.name, members);
          }),
        ...definitions.policies.filter((policy) => policy.vhost === vhost).flatMap((declared) => policyDifferences(declared, policies)),
      ];
    }),
  );
  const users = await api.get<readonly { name: string }[]>('users');
  const missing = definitions.users.filter(({ name }) => !users.some((user) => user.name === name));
  return [...all.flat(), ...missing.map(({ name }) => `user "${name}" does not exist`)];
}

function queueDifferences(
  name: string,
  found: QueueState | undefined,
  type: string,
  policy: string | undefined,
  members: number,
): string[] {
  if (!found) return [`queue "${name}" does not exist`];
  return [
    ...(found.type === type
      ? []
      : [`queue "${name}" is a ${found.type} queue and not a ${type} one: empty it, delete it and run this again`]),
    ...(policy === undefined || found.policy === policy
      ? []
      : [`queue "${name}" has policy "${found.policy ?? 'none'}" in effect and not "${policy}"`]),
    ...((found.members?.length ?? 0) >= members
      ? []
      : [`queue "${name}" has ${found.members?.length ?? 0} members, at least ${members} are possible`]),
  ];
}

function policyDifferences(declared: PolicyDefinition, policies: readonly PolicyDefinition[]): string[] {
  const found = policies.find(({ name }) => name === declared.name);
  if (!found) return [`policy "${declared.name}" does not exist`];
  const same = found.pattern === declared.pattern && isDeepStrictEqual(found.definition, declared.definition);
  return same ? [] : [`policy "${declared.name}" is ${JSON.stringify(found.definition)} and not ${JSON.stringify(declared.definition)}`];
}

/** Names Celery and clients of ours make for themselves; they come and go. */
const TRANSIENT = /^amq\.|pidbox$|^celeryev|^[0-9a-f-]{36}$/;

/** What the broker has and the declaration has not (any more): never deleted here, because only a person knows what the messages are worth. */
export async function leftovers(api: ManagementApi, definitions: Definitions): Promise<string[]> {
  const there = new Set((await api.get<readonly { name: string }[]>('vhosts')).map(({ name }) => name));
  const inVhosts = await Promise.all(
    definitions.vhosts
      .filter(({ name }) => there.has(name))
      .map(async ({ name: vhost }) => {
        const queues = await api.queueTotals(vhost);
        const policies = await api.get<readonly PolicyDefinition[]>('policies', vhost);
        const undeclared = queues.filter(({ name }) => !TRANSIENT.test(name) && !definitions.queues.some((queue) => queue.name === name));
        return [
          ...undeclared.map(
            ({ name, messages = 'an unknown number of' }) => `queue "${name}" is not declared and holds ${messages} messages`,
          ),
          ...policies
            .filter(({ name }) => !definitions.policies.some((policy) => policy.name === name))
            .map(({ name }) => `policy "${name}" is not declared`),
        ];
      }),
  );
  const users = await api.get<readonly { name: string }[]>('users');
  const undeclared = users.filter(({ name }) => !definitions.users.some((user) => user.name === name));
  return [...inVhosts.flat(), ...undeclared.map(({ name }) => `user "${name}" is not declared and can still log in`)];
}
