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

function levelName(level: number): string {
  return `celery_delayed_${level}`;
}

/** Where a message enters. */
export const DELAYED_DELIVERY_ENTRY = levelName(HIGHEST_LEVEL);

/** Routing key of a message that waits whole seconds before it reaches `key`. */
export function delayedRoutingKey(seconds: number, key: string): string {
  const digits = Math.min(seconds, 2 ** (HIGHEST_LEVEL + 1) - 1).toString(2);
  return `${Array.from(digits.padStart(HIGHEST_LEVEL + 1, '0')).join('.')}.${key}`;
}
