import { type Topology, WATCHDOG_QUEUE } from '../workers/topology';

/** A RabbitMQ user with exactly the permissions its component needs. */
export interface BrokerUser {
  readonly name: string;
  /** RabbitMQ management tags. */
  readonly tags: readonly ('administrator' | 'monitoring' | 'management')[];
  /** Regular expressions over names of queues and exchanges (RabbitMQ documentation, access control). */
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** Components that log in to the broker; worker groups come on top. */
export const USERS = { admin: 'admin', producer: 'producer', flower: 'flower', keda: 'keda' } as const;

export function workerUser(group: string): string {
  return `worker-${group}`;
}

/** Users that log in for a component; the administrator is for people. */
export function componentUsers(groups: readonly string[]): string[] {
  return [...groups.map(workerUser), USERS.producer, USERS.flower, USERS.keda];
}

const NOTHING = '^$';

/**
 * Celery's control plane: remote control, its replies, events and rpc results. Names as Celery 5.6 and 5.7 declare them; a client's
 * reply and result queues are named after a UUID of its own.
 */
const UUID = '[0-9a-f-]{36}';
const CONTROL_PLANE = ['(.+\\.)?celery\\.pidbox', `celeryev(\\.${UUID})?`, UUID];
/** Celery's native delayed delivery: its workers declare and bind these, its clients publish to the highest one. */
const DELAYED_DELIVERY = 'celery_delayed_(\\d+|delivery)';
/** Writing to `amq.default` sends straight to a queue by name: rpc results. Without it they vanish. */
const DEFAULT_EXCHANGE = 'amq\\.default';

/**
 * Every user of the broker.
 * @param groups queues of each worker group
 * @param listening broadcasts of each worker group
 *
 * There are an administrator, one per worker group that touches only the group's queues, one for programs that send
 * tasks, one for Flower and one for KEDA.
 */
export function brokerUsers(
  topology: Topology,
  groups: Readonly<Record<string, readonly string[]>>,
  listening: Readonly<Record<string, readonly string[] | undefined>> = {},
): BrokerUser[] {
  const allQueues = topology.queues.map((queue) => queue.name);
  return [
    { name: USERS.admin, tags: ['administrator'], configure: '.*', write: '.*', read: '.*' },
    ...Object.entries(groups).map(([group, queues]) => ({
      ...queueUser(topology, queues, listening[group] ?? [], true),
      name: workerUser(group),
    })),
    { ...queueUser(topology, allQueues, topology.broadcasts, false), name: USERS.producer },
    { name: USERS.flower, tags: ['monitoring'], ...same(anyOf(CONTROL_PLANE)) },
    { name: USERS.keda, tags: ['management'], ...same(NOTHING) },
  ];
}

/** Celery's clients and workers declare their queues and same-named exchanges themselves, hence configure. */
function queueUser(
  topology: Topology,
  queues: readonly string[],
  broadcasts: readonly string[],
  consumes: boolean,
): Omit<BrokerUser, 'name'> {
  const names = queues.map(escape);
  const exchange = escape(topology.exchange);
  const delays = topology.delayedDelivery ? [DELAYED_DELIVERY] : [];
  // Each listener binds a queue of its own, named as Celery names it.
  const ears = broadcasts.map((name) => `${escape(name)}(\\.${UUID})?`);
  const declared = [...names, exchange, ...delays, ...ears, ...CONTROL_PLANE];
  const [deadLetters, watchdog] = consumes ? [[escape(topology.deadLetterExchange)], [escape(WATCHDOG_QUEUE)]] : [[], []];
  return {
    tags: [],
    configure: anyOf(declared),
    write: anyOf([...declared, DEFAULT_EXCHANGE, ...deadLetters]),
    read: anyOf([...declared, ...watchdog]),
  };
}

function same(pattern: string): Pick<BrokerUser, 'configure' | 'write' | 'read'> {
  return { configure: pattern, write: pattern, read: pattern };
}

function anyOf(patterns: readonly string[]): string {
  return `^(${patterns.join('|')})$`;
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
