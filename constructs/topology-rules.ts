import { type Problem, suggest } from '../workers/problems';
import { limitsRule, orderProblems } from './limit-rules';
import { DEAD_LETTER_SUFFIX, type QueueDeclaration, type RedeliveryDelay, type SizeRoute, TOPOLOGY_DEFAULTS } from '../workers/topology';
import { distinct, integer, isPlainObject, join, list, optional, problem, record, type Rule, shape, text } from './rules';

/** A name that somebody else gives queues: the broker, Celery's control plane, or Warren itself. */
const RESERVED = /^(amq\.|celeryev|celery_delayed_|reply\.|warren\.)|\.pidbox$|\.dlq$|^[0-9a-f-]{36}$/;

export const queueName: Rule = (value, path) => {
  const letters = text(/^[\w.:-]{1,200}$/, 'must be 1 to 200 letters, digits or - _ . :', 'rename the queue')(value, path);
  if (letters.length > 0) return letters;
  if (RESERVED.test(String(value))) {
    const rule = `must not look like a name of the broker, of Celery's control plane or of Warren ("*${DEAD_LETTER_SUFFIX}", "warren.*")`;
    return [problem(path, value, rule, 'rename the queue')];
  }
  return [];
};

/** A route, queue or worker group names a queue: it must be one of the declared ones. */
export function declaredQueue(declared: readonly string[]): Rule {
  return (value, path) =>
    typeof value === 'string' && declared.includes(value)
      ? []
      : [problem(path, value, 'is not a declared queue', suggest(String(value), declared))];
}

/** A broadcast is an exchange; it must not have the name of a queue, whose clients declare an exchange of that name. */
export function broadcastName(queues: readonly string[]): Rule {
  return (value, path) => {
    if (queues.includes(value as string)) return [problem(path, value, 'is the name of a queue', 'rename one of the two')];
    return queueName(value, path);
  };
}

export function declaredBroadcast(declared: readonly string[]): Rule {
  return (value, path) =>
    typeof value === 'string' && declared.includes(value)
      ? []
      : [problem(path, value, 'is not a declared broadcast', suggest(String(value), declared))];
}

const redeliveryDelay: Rule = (value, path) => {
  const problems = shape<RedeliveryDelay>({
    minSeconds: integer(1, 604_800, 'seconds'),
    maxSeconds: integer(1, 604_800, 'seconds'),
  })(value, path);
  if (problems.length > 0) return problems;
  const { minSeconds, maxSeconds } = value as RedeliveryDelay;
  return minSeconds <= maxSeconds
    ? []
    : [problem(join(path, 'minSeconds'), minSeconds, `must not be over maxSeconds (${maxSeconds})`, 'raise maxSeconds or lower it')];
};

/** Refused where the broker would refuse the policy. */
export function redeliveryDelayProblems(queues: unknown): Problem[] {
  if (!isPlainObject(queues)) return [];
  return Object.entries(queues).flatMap(([name, queue]) =>
    isPlainObject(queue) && queue['redeliveryDelay'] !== undefined
      ? [
          problem(
            `queues.${name}.redeliveryDelay`,
            queue['redeliveryDelay'],
            'needs RabbitMQ 4.3 or newer',
            "remove it, or give the broker version: '4.3'",
          ),
        ]
      : [],
  );
}

const topic: Rule = text(
  /^(\*|#|[\w:-]+)(\.(\*|#|[\w:-]+))*$/,
  'must be words with dots between them, "*" for one word, "#" for any number',
  'write it like "order.*.paid"',
);

export const queuesRule: Rule = (value, path) => {
  const problems = record(
    queueName,
    shape<QueueDeclaration>({
      maxTaskSeconds: optional(integer(1, 604_800, 'seconds')),
      limits: optional(limitsRule),
      deliveryLimit: optional(integer(1, 1_000_000)),
      priority: optional(integer(0, 31)),
      messageTtlSeconds: optional(integer(1, 4_294_967, 'seconds')),
      maxLength: optional(integer(1, 1_000_000_000, 'tasks')),
      redeliveryDelay: optional(redeliveryDelay),
      topics: optional(distinct(list(topic))),
    }),
    1,
  )(value, path);
  return isPlainObject(value) ? [...problems, ...orderProblems(value, path), ...clashes(Object.keys(value), path)] : problems;
};

export function routesRule(declared: readonly string[]): Rule {
  const queue = declaredQueue(declared);
  const bySize = shape<SizeRoute>({ overBytes: integer(0, 2 ** 31 - 1, 'bytes'), to: queue, otherwise: queue });
  return record(
    text(/^\S{1,255}$/, 'must be a task name of 1 to 255 characters without spaces', 'write the name the task was registered under'),
    (value, path) => (isPlainObject(value) ? bySize(value, path) : queue(value, path)),
  );
}

export const virtualHostRule: Rule = text(/^[\w./-]{1,64}$/, 'must be 1 to 64 letters, digits or - _ . /', 'use "tasks"');

/** Names of queues are also names of metrics, policies and Kubernetes labels, where `a_b`, `a.b` and `A-B` are one. */
function clashes(names: readonly string[], path: string): Problem[] {
  const seen = new Map<string, string>();
  return names.flatMap((name) => {
    const normal = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    const other = seen.get(normal);
    seen.set(normal, other ?? name);
    if (Object.values<unknown>(TOPOLOGY_DEFAULTS).includes(name)) {
      return [problem(join(path, name), name, 'is the name of an exchange of every task system', 'rename the queue')];
    }
    // A delayed task arrives under a key that ends with the name of its queue.
    const longer = names.find((each) => each.endsWith(`.${name}`));
    if (longer !== undefined) {
      return [
        problem(join(path, name), name, `is the end of "${longer}": delayed tasks of that queue would go to both`, 'rename one of the two'),
      ];
    }
    return other === undefined
      ? []
      : [problem(join(path, name), name, `is the same name as "${other}" for Kubernetes ("${normal}")`, 'rename one of the two')];
  });
}
