/**
 * The contract between both halves of Warren: constructs write a `Topology` into the pod, the worker reads it back.
 * This file imports nothing, so that neither half can drag the other in.
 *
 * Words: a *queue* holds messages; a *task* is a registered function; a *message* is a task on the wire; a *route* chooses the queue
 * of a task; a *dead letter* is a message that no worker could finish.
 */

/** What a user declares for one queue. */
export interface QueueDeclaration {
  /**
   * Longest time one task of this queue may run, in seconds. Every limit that waits for a task follows from it: see `limitsOf`.
   * @default 60
   */
  readonly maxTaskSeconds?: number;
  /**
   * Failed deliveries (worker lost, `basic.reject` with requeue) before the broker moves a message to the dead-letter queue.
   * RabbitMQ policy key `delivery-limit`.
   * @default 20 - RabbitMQ's own default
   */
  readonly deliveryLimit?: number;
  /**
   * How long a message rests in the broker after a failed delivery, so that a task which ends its workers does not end them one right after
   * the other. What a worker hands back unharmed is delivered at once. RabbitMQ policy keys `delayed-retry-*`, type `failed` (4.3 or newer).
   * @default - delivered again at once
   */
  readonly redeliveryDelay?: RedeliveryDelay;
  /**
   * Priority of messages that are sent without one, 0 (lowest) to 31. RabbitMQ 4.3 quorum queues serve higher ones strictly first.
   * @default 0
   */
  readonly priority?: number;
  /**
   * Seconds a message may wait before the broker moves it to the dead-letter queue. RabbitMQ policy key `message-ttl`.
   * @default - messages wait for ever
   */
  readonly messageTtlSeconds?: number;
  /**
   * Tasks that may wait in the queue. While it is full the broker refuses new ones, and sending them fails; nothing that was accepted is
   * dropped. RabbitMQ policy key `max-length`, with overflow `reject-publish`.
   * @default - no limit but the broker's disk
   */
  readonly maxLength?: number;
  /**
   * Topics whose tasks the queue takes, too: binding keys with `*` for one word and `#` for any number of them (AMQP topic exchanges).
   * A task sent to a topic runs once for each queue that takes it.
   * @default []
   */
  readonly topics?: readonly string[];
  /**
   * Limits of your own in place of those that follow from `maxTaskSeconds`; their order must hold: see `limitsOf`.
   * @default - all of them follow from `maxTaskSeconds`
   */
  readonly limits?: QueueLimits;
}

/** The first failed delivery costs the least time, each further one that much more. */
export interface RedeliveryDelay {
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

/** Limits of a queue that a user may set one by one, in seconds. Each default is what `limitsOf` derives. */
export type QueueLimits = Partial<Limits>;

/** Chooses the queue by the size of the arguments: the JSON text of `[args, kwargs]`, in bytes. */
export interface SizeRoute<Q extends string = string> {
  readonly overBytes: number;
  readonly to: Q;
  readonly otherwise: Q;
}

/** A queue name, or a rule that picks one. */
export type Route<Q extends string = string> = Q | SizeRoute<Q>;

/** Routes a task by the size of its arguments: `bySize({ overBytes: 1000, to: 'large', otherwise: 'small' })`. */
export function bySize<const Q extends string>(route: SizeRoute<Q>): SizeRoute<Q> {
  return route;
}

/** What a user declares for the whole system. */
export interface TopologyDeclaration<Q extends string = string> {
  /** Queues by name. The first one takes tasks that no route and no task option sends elsewhere. */
  readonly queues: Readonly<Record<Q, QueueDeclaration>>;
  /**
   * Task name, or a pattern of it (`*` any characters, `?` one), -> queue. A name wins over a pattern, the first pattern over later ones,
   * and any route over the queue a task names itself.
   * @default - tasks go to the queue they name, else to the first queue
   */
  readonly routes?: Readonly<Record<string, Route<Q>>>;
  /**
   * RabbitMQ virtual host of all objects.
   * @default 'tasks'
   */
  readonly virtualHost?: string;
  /**
   * Let tasks with a countdown or ETA wait in the broker: Celery's native delayed delivery, 28 quorum queues for the virtual host.
   * @default true
   */
  readonly delayedDelivery?: boolean;
  /**
   * Names of broadcasts: a task sent to one runs once in every worker that listens to it then (Celery's `Broadcast` queues).
   * @default []
   */
  readonly broadcasts?: readonly string[];
}

/** One queue with every default filled in. */
export interface Queue extends Required<Omit<QueueDeclaration, 'messageTtlSeconds' | 'maxLength' | 'limits' | 'redeliveryDelay'>> {
  readonly name: string;
  /** Where messages go that no worker could finish. */
  readonly deadLetterQueue: string;
  /** `null`: messages wait for ever. */
  readonly messageTtlSeconds: number | null;
  /** `null`: no limit. */
  readonly maxLength: number | null;
  readonly redeliveryDelay?: RedeliveryDelay;
  /** Name of the broadcast this queue serves for one worker only; such a queue stands in no topology. */
  readonly broadcast?: string;
  /** Those that the user set; absent where all follow from `maxTaskSeconds`, and in files of older versions. */
  readonly limits?: QueueLimits;
}

/** Everything both sides agree on. */
export interface Topology {
  /** Version of this file format; a worker refuses one it does not know. */
  readonly format: 1;
  readonly virtualHost: string;
  /** Durable topic exchange that tasks are published to; the routing key is the queue's name, or ends with it after a delay. */
  readonly exchange: string;
  /** Durable direct exchange in front of the dead-letter queues; the routing key is the dead-letter queue's name. */
  readonly deadLetterExchange: string;
  /** Whether Celery's delayed delivery queues exist. */
  readonly delayedDelivery: boolean;
  /** Durable fanout exchanges; each listening worker binds a queue of its own. */
  readonly broadcasts: readonly string[];
  readonly defaultQueue: string;
  readonly queues: readonly Queue[];
  readonly routes: Readonly<Record<string, Route>>;
}

export const QUEUE_DEFAULTS = {
  maxTaskSeconds: 60,
  deliveryLimit: 20,
  priority: 0,
  messageTtlSeconds: null,
  maxLength: null,
  topics: [],
} as const;
export const TOPOLOGY_DEFAULTS = {
  virtualHost: 'tasks',
  exchange: 'tasks',
  deadLetterExchange: 'tasks.dlx',
  delayedDelivery: true,
  broadcasts: [],
} as const;
export const DEAD_LETTER_SUFFIX = '.dlq';
/**
 * Always empty quorum queue that workers ask for a message now and then: an answer needs a majority of the broker's nodes, and so proves
 * that the node a worker is connected to belongs to it.
 */
export const WATCHDOG_QUEUE = 'warren.watchdog';

/** Fills in the defaults. The declaration is expected to be valid (constructs check it first). */
export function resolveTopology(declaration: TopologyDeclaration): Topology {
  const names = Object.keys(declaration.queues);
  return {
    format: 1,
    virtualHost: declaration.virtualHost ?? TOPOLOGY_DEFAULTS.virtualHost,
    exchange: TOPOLOGY_DEFAULTS.exchange,
    deadLetterExchange: TOPOLOGY_DEFAULTS.deadLetterExchange,
    delayedDelivery: declaration.delayedDelivery ?? TOPOLOGY_DEFAULTS.delayedDelivery,
    broadcasts: [...(declaration.broadcasts ?? TOPOLOGY_DEFAULTS.broadcasts)],
    defaultQueue: names[0] ?? '',
    queues: names.map((name) => ({
      name,
      deadLetterQueue: name + DEAD_LETTER_SUFFIX,
      ...QUEUE_DEFAULTS,
      ...withoutUndefined(declaration.queues[name] ?? {}),
    })),
    routes: { ...declaration.routes },
  };
}

/** Limits of one queue, all in seconds. The first four are in order, each larger than the one after it. */
export interface Limits {
  /** RabbitMQ gives a delivery to another consumer after this time without an ack (policy key `consumer-timeout`). */
  readonly consumerTimeoutSeconds: number;
  /** Time a pod has between SIGTERM and SIGKILL. */
  readonly gracePeriodSeconds: number;
  /** When the worker ends a task that is still running, by force where need be. */
  readonly hardTimeLimitSeconds: number;
  /** When the worker tells a running task that its time is up. */
  readonly softTimeLimitSeconds: number;
  /**
   * The autoscaler waits this long before it removes workers that were just needed. It may be shorter than a task: a worker that is removed
   * finishes within the grace period.
   */
  readonly scaleDownStabilizationSeconds: number;
}

/** The longest stabilisation window of a HorizontalPodAutoscaler (Kubernetes API reference, autoscaling/v2). */
export const MAX_STABILIZATION_SECONDS = 3600;

/**
 * One number, four limits in order: consumer timeout > grace period > hard time limit > soft time limit, which is `maxTaskSeconds`; and
 * the patience of the autoscaler. A limit that the user set moves the larger ones along, unless they are set, too.
 * (RabbitMQ supports no consumer timeout under 60 s.)
 */
export function limitsOf({ maxTaskSeconds, limits = {} }: Pick<Queue, 'maxTaskSeconds' | 'limits'>): Limits {
  const softTimeLimitSeconds = limits.softTimeLimitSeconds ?? maxTaskSeconds;
  const hardTimeLimitSeconds = limits.hardTimeLimitSeconds ?? Math.max(softTimeLimitSeconds, maxTaskSeconds) + 5;
  const drained = hardTimeLimitSeconds + 15;
  const gracePeriodSeconds = limits.gracePeriodSeconds ?? drained;
  return {
    consumerTimeoutSeconds: limits.consumerTimeoutSeconds ?? Math.max(gracePeriodSeconds, drained) + 60,
    gracePeriodSeconds,
    hardTimeLimitSeconds,
    softTimeLimitSeconds,
    scaleDownStabilizationSeconds: limits.scaleDownStabilizationSeconds ?? Math.min(MAX_STABILIZATION_SECONDS, maxTaskSeconds),
  };
}

/**
 * The queue of one call: its route, else the queue the task names, else the default queue.
 * @param argumentBytes size of the JSON text of `[args, kwargs]`
 */
export function queueOf(topology: Topology, task: string, taskQueue: string | undefined, argumentBytes: number): string {
  const route = routeOf(topology.routes, task);
  if (route === undefined) return taskQueue ?? topology.defaultQueue;
  if (typeof route === 'string') return route;
  return argumentBytes > route.overBytes ? route.to : route.otherwise;
}

function routeOf(routes: Topology['routes'], task: string): Route | undefined {
  if (Object.hasOwn(routes, task)) return routes[task];
  return Object.entries(routes).find(([pattern]) => /[*?]/.test(pattern) && matches(pattern, task))?.[1];
}

/** Whether a name fits a pattern with `*` and `?`. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** The text constructs mount into the pod: stable and readable, because it appears in the review diff. */
export function encodeTopology(topology: Topology): string {
  return `${JSON.stringify(topology, null, 2)}\n`;
}

/**
 * Reads what `encodeTopology` wrote.
 * @throws Error that names the field when the text is not a topology of a known format
 */
export function decodeTopology(text: string): Topology {
  const value = parse(text);
  const topology = value as Topology;
  const expect = (fits: boolean, path: string, rule: string): void => {
    if (!fits) throw new Error(`topology ${path}: ${rule} -> mount the topology.json that the same version of Warren rendered`);
  };
  const isText = (candidate: unknown): boolean => typeof candidate === 'string' && candidate !== '';
  expect(typeof value === 'object' && value !== null, '', 'is not an object');
  expect(topology.format === 1, `format: got ${JSON.stringify(topology.format)}`, 'this worker reads format 1');
  for (const key of ['virtualHost', 'exchange', 'deadLetterExchange', 'defaultQueue'] as const) {
    expect(isText(topology[key]), `${key}: got ${JSON.stringify(topology[key])}`, 'must be a text');
  }
  expect(Array.isArray(topology.queues) && topology.queues.length > 0, 'queues', 'must list at least one queue');
  topology.queues.forEach((queue, index) => {
    expect(
      typeof queue === 'object' && queue !== null && isText(queue.name) && isText(queue.deadLetterQueue),
      `queues[${index}]`,
      'must have a name and a deadLetterQueue',
    );
    const { maxTaskSeconds } = queue;
    expect(
      typeof maxTaskSeconds === 'number' && maxTaskSeconds > 0,
      `queues[${index}].maxTaskSeconds: got ${JSON.stringify(maxTaskSeconds)}`,
      'must be over 0',
    );
    for (const [limit, seconds] of Object.entries(queue.limits ?? {})) {
      const isTime = typeof seconds === 'number' && seconds >= 0;
      expect(isTime, `queues[${index}].limits.${limit}: got ${JSON.stringify(seconds)}`, 'must be a number of seconds');
    }
  });
  expect(typeof topology.routes === 'object' && topology.routes !== null && !Array.isArray(topology.routes), 'routes', 'must be an object');
  // Absent in files of earlier versions.
  const queues = topology.queues.map((queue) => ({ ...QUEUE_DEFAULTS, ...queue }));
  return { ...topology, queues, broadcasts: topology.broadcasts ?? [] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('topology is not JSON -> mount the topology.json that the same version of Warren rendered', { cause });
  }
}

/** The fields that have a value, so that an explicit `undefined` means absent and leaves a default alone. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
