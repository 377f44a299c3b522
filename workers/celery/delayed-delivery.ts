/**
 * Celery's native delayed delivery (kombu, `native_delayed_delivery`): 28 pairs of an exchange and a queue, one for each bit of the delay
 * in seconds. A message enters at the highest level with a routing key of 28 binary digits and the name of its queue; at each level a 1
 * lets it wait 2^level seconds, a 0 passes it on. Names, arguments and keys are Celery's, so that its workers can declare the same objects.
 */

/** Highest level; delays reach 2^28 - 1 seconds, eight and a half years. */
export const HIGHEST_LEVEL = 27;

/** Exchange behind the lowest level, bound to the exchanges of the task queues. */
export const DELAYED_DELIVERY_EXCHANGE = 'celery_delayed_delivery';

/** One bit of the delay: an exchange and a queue of the same name. */
export interface DelayLevel {
  readonly name: string;
  readonly queueArguments: Readonly<Record<string, string | number>>;
  /** Routing keys whose digit is 1: they wait in the queue. */
  readonly waitKey: string;
  /** Routing keys whose digit is 0: they go on to `next`. */
  readonly passKey: string;
  /** Exchange a message goes to afterwards. */
  readonly next: string;
}

export const DELAY_LEVELS: readonly DelayLevel[] = Array.from({ length: HIGHEST_LEVEL + 1 }, (_, index) => {
  const level = HIGHEST_LEVEL - index;
  const higherDigits = '*.'.repeat(index);
  const next = level > 0 ? levelName(level - 1) : DELAYED_DELIVERY_EXCHANGE;
  return {
    name: levelName(level),
    queueArguments: {
      'x-queue-type': 'quorum',
      'x-dead-letter-exchange': next,
      'x-dead-letter-strategy': 'at-least-once',
      'x-message-ttl': 2 ** level * 1000,
      'x-overflow': 'reject-publish',
    },
    waitKey: `${higherDigits}1.#`,
    passKey: `${higherDigits}0.#`,
    next,
  };
});

/** Binding key of a task queue: its name, alone or behind the digits of a delay. */
export function queueBindingKey(queue: string): string {
  return `#.${queue}`;
}

/** Longest delay that the digits can hold. What is due later comes early and waits for its `eta` in a worker. */
export const LONGEST_DELAY_SECONDS = 2 ** (HIGHEST_LEVEL + 1) - 1;

/** AMQP's limit for a routing key. */
const LONGEST_ROUTING_KEY_BYTES = 255;
const DELAY_PREFIX = new RegExp(`^(?:[01]\\.){${HIGHEST_LEVEL + 1}}`);

/**
 * Routing key with which a message waits in the broker: its delay in 28 binary digits, then its own key; to be published to the exchange of
 * the highest level. An older delay in the key is replaced.
 *
 * The delay is cut to whole seconds, as Celery does, and not rounded up: the message comes at most a second early, and the worker waits
 * for the `eta` it carries, so that the task starts on time. Below a second it passes all levels without waiting.
 *
 * @param seconds from 0; more than 2^28 - 1 becomes 2^28 - 1
 * @throws RangeError for a delay that is no number, an empty key, or one that grows beyond AMQP's 255 bytes
 */
export function delayedRoutingKey(seconds: number, routingKey: string): string {
  if (Number.isNaN(seconds)) throw new RangeError('the delay is no number');
  const own = withoutDelay(routingKey);
  if (own === '') throw new RangeError('the routing key is empty');
  const whole = Math.min(Math.max(Math.floor(seconds), 0), LONGEST_DELAY_SECONDS);
  const digits = whole.toString(2).padStart(HIGHEST_LEVEL + 1, '0');
  const key = `${Array.from(digits).join('.')}.${own}`;
  if (Buffer.byteLength(key) > LONGEST_ROUTING_KEY_BYTES) {
    throw new RangeError(`the routing key with its delay is longer than ${LONGEST_ROUTING_KEY_BYTES} bytes`);
  }
  return key;
}

/** The routing key that a delayed message had before, and has again for the queue it is meant for. */
export function withoutDelay(routingKey: string): string {
  return routingKey.replace(DELAY_PREFIX, '');
}

function levelName(level: number): string {
  return `celery_delayed_${level}`;
}

/** Where a message enters. */
export const DELAYED_DELIVERY_ENTRY = levelName(HIGHEST_LEVEL);
