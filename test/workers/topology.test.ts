import {
  bySize,
  decodeTopology,
  encodeTopology,
  limitsOf,
  QUEUE_DEFAULTS,
  queueOf,
  resolveTopology,
  type QueueLimits,
  type Topology,
  type TopologyDeclaration,
} from '../../workers/topology';

const DECLARATION: TopologyDeclaration = {
  queues: { small: { maxTaskSeconds: 30 }, large: { maxTaskSeconds: 900, deliveryLimit: 3, priority: 7, messageTtlSeconds: 60 } },
  routes: { 'tasks.mail': 'large', 'tasks.lcs': bySize({ overBytes: 2000, to: 'large', otherwise: 'small' }) },
};
const topology = resolveTopology(DECLARATION);

describe('resolveTopology', () => {
  test('fills in every default', () =>
    expect(resolveTopology({ queues: { small: {} } })).toEqual({
      format: 1,
      virtualHost: 'tasks',
      exchange: 'tasks',
      deadLetterExchange: 'tasks.dlx',
      delayedDelivery: true,
      broadcasts: [],
      defaultQueue: 'small',
      queues: [{ name: 'small', deadLetterQueue: 'small.dlq', ...QUEUE_DEFAULTS }],
      routes: {},
    }));

  test('keeps what is declared', () =>
    expect(topology.queues[1]).toEqual({
      name: 'large',
      deadLetterQueue: 'large.dlq',
      maxTaskSeconds: 900,
      deliveryLimit: 3,
      priority: 7,
      messageTtlSeconds: 60,
      maxLength: null,
      topics: [],
    }));

  test('takes undefined for absent', () =>
    expect(resolveTopology({ queues: { small: { maxTaskSeconds: undefined, priority: undefined } }, virtualHost: undefined })).toEqual(
      resolveTopology({ queues: { small: {} } }),
    ));

  test('makes the first queue the default', () => expect(resolveTopology({ queues: { b: {}, a: {} } }).defaultQueue).toBe('b'));
});

describe('limitsOf', () => {
  test('keeps its order for every task time there may be', () => {
    for (let maxTaskSeconds = 1; maxTaskSeconds <= 604_800; maxTaskSeconds += maxTaskSeconds < 5000 ? 1 : 997) {
      const { consumerTimeoutSeconds, gracePeriodSeconds, hardTimeLimitSeconds, softTimeLimitSeconds, scaleDownStabilizationSeconds } =
        limitsOf({ maxTaskSeconds });
      const inOrder =
        consumerTimeoutSeconds > gracePeriodSeconds &&
        gracePeriodSeconds > hardTimeLimitSeconds &&
        hardTimeLimitSeconds > softTimeLimitSeconds &&
        softTimeLimitSeconds === maxTaskSeconds &&
        hardTimeLimitSeconds > scaleDownStabilizationSeconds;
      if (!inOrder) throw new Error(`wrong order for maxTaskSeconds ${maxTaskSeconds}: ${JSON.stringify(limitsOf({ maxTaskSeconds }))}`);
      // RabbitMQ supports no shorter timeout, Kubernetes no longer window.
      expect(consumerTimeoutSeconds).toBeGreaterThanOrEqual(60);
      expect(scaleDownStabilizationSeconds).toBeLessThanOrEqual(3600);
    }
  });
});

describe('queueOf with patterns', () => {
  const routes = { 'image.*': 'slow', 'image.icon': 'quick', 'im?ge.b+r': 'odd', '*': 'rest', 'never.reached': 'quick' };
  const patterned = resolveTopology({ queues: { first: {}, slow: {}, quick: {}, odd: {}, rest: {} }, routes });

  test.each([
    ['image.resize', 'slow'],
    ['image.', 'slow'],
    ['image.icon', 'quick'],
    ['imige.b+r', 'odd'],
    ['imige.bbr', 'rest'],
    ['never.reached', 'quick'],
    ['mail.send', 'rest'],
  ])('%s goes to %s', (task, queue) => expect(queueOf(patterned, task, 'first', 0)).toBe(queue));
});

describe('limitsOf a queue with limits of its own', () => {
  test.each<[limits: QueueLimits, soft: number, hard: number, grace: number, consumerTimeout: number, stabilization: number]>([
    [{}, 900, 905, 920, 980, 900],
    [{ softTimeLimitSeconds: 800 }, 800, 905, 920, 980, 900],
    [{ softTimeLimitSeconds: 1000 }, 1000, 1005, 1020, 1080, 900],
    [{ hardTimeLimitSeconds: 1000 }, 900, 1000, 1015, 1075, 900],
    [{ gracePeriodSeconds: 1200 }, 900, 905, 1200, 1260, 900],
    [{ gracePeriodSeconds: 600 }, 900, 905, 600, 980, 900],
    [{ consumerTimeoutSeconds: 1800 }, 900, 905, 920, 1800, 900],
    [{ scaleDownStabilizationSeconds: 0 }, 900, 905, 920, 980, 0],
    [{ hardTimeLimitSeconds: undefined }, 900, 905, 920, 980, 900],
  ])('moves the larger ones along with %j', (limits, soft, hard, grace, consumerTimeout, stabilization) =>
    expect(limitsOf({ maxTaskSeconds: 900, limits })).toEqual({
      softTimeLimitSeconds: soft,
      hardTimeLimitSeconds: hard,
      gracePeriodSeconds: grace,
      consumerTimeoutSeconds: consumerTimeout,
      scaleDownStabilizationSeconds: stabilization,
    }),
  );
});

describe('queueOf', () => {
  test.each<[why: string, task: string, own: string | undefined, bytes: number, queue: string]>([
    ['a route wins over the queue the task names', 'tasks.mail', 'small', 0, 'large'],
    ['the queue the task names wins over the default', 'tasks.other', 'large', 0, 'large'],
    ['the default takes the rest', 'tasks.other', undefined, 0, 'small'],
    ['large arguments go to one queue', 'tasks.lcs', undefined, 2001, 'large'],
    ['arguments of exactly the limit go to the other', 'tasks.lcs', 'large', 2000, 'small'],
    ['a task named like a method of Object has no route', 'constructor', undefined, 0, 'small'],
    ['nor does one named __proto__', '__proto__', 'large', 0, 'large'],
  ])('%s', (_, task, own, bytes, queue) => expect(queueOf(topology, task, own, bytes)).toBe(queue));
});

describe('encodeTopology', () => {
  test('is read back by decodeTopology', () => expect(decodeTopology(encodeTopology(topology))).toEqual(topology));
  test('is read back when routes have odd names', () => {
    const odd = resolveTopology(JSON.parse('{ "queues": { "__proto__": {}, "é:1": {} }, "routes": { "__proto__": "é:1" } }'));
    expect(decodeTopology(encodeTopology(odd))).toEqual(odd);
    expect(queueOf(decodeTopology(encodeTopology(odd)), '__proto__', undefined, 0)).toBe('é:1');
  });

  test('carries limits, and leaves them out of a file where there are none', () => {
    const limited = resolveTopology({ queues: { large: { maxTaskSeconds: 900, limits: { gracePeriodSeconds: 1200 } } } });
    const [read] = decodeTopology(encodeTopology(limited)).queues;
    expect(read && limitsOf(read)).toMatchObject({ gracePeriodSeconds: 1200, consumerTimeoutSeconds: 1260 });
    expect(encodeTopology(topology)).not.toContain('limits');
  });

  test('is the same text twice, one field a line', () => {
    expect(encodeTopology(topology)).toBe(encodeTopology(resolveTopology(DECLARATION)));
    expect(encodeTopology(topology)).toMatch(/^\{\n {2}"format": 1,\n/);
    expect(encodeTopology(topology).endsWith('}\n')).toBe(true);
  });
});

describe('decodeTopology', () => {
  const [queue] = topology.queues;
  const changed = (fields: Partial<Record<keyof Topology, unknown>>) => JSON.stringify({ ...topology, ...fields });

  test.each<[what: string, text: string, field: string]>([
    ['a text', '"topology"', 'is not an object'],
    ['nothing', 'null', 'is not an object'],
    ['an unknown format', changed({ format: 2 }), 'topology format: got 2: this worker reads format 1'],
    ['no virtual host', changed({ virtualHost: '' }), 'topology virtualHost: got ""'],
    ['an exchange that is no text', changed({ exchange: 5 }), 'topology exchange: got 5'],
    ['no dead-letter exchange', changed({ deadLetterExchange: undefined }), 'topology deadLetterExchange: got undefined'],
    ['no default queue', changed({ defaultQueue: null }), 'topology defaultQueue: got null'],
    ['no queues', changed({ queues: [] }), 'topology queues: must list at least one queue'],
    ['queues that are no list', changed({ queues: {} }), 'topology queues: must list at least one queue'],
    ['a queue without a name', changed({ queues: [{ ...queue, name: '' }] }), 'topology queues[0]'],
    ['a queue without a dead-letter queue', changed({ queues: [queue, { ...queue, deadLetterQueue: undefined }] }), 'topology queues[1]'],
    ['a queue without a time', changed({ queues: [{ ...queue, maxTaskSeconds: 0 }] }), 'topology queues[0].maxTaskSeconds: got 0'],
    [
      'a limit that is no time',
      changed({ queues: [{ ...queue, limits: { gracePeriodSeconds: '5' } }] }),
      'topology queues[0].limits.gracePeriodSeconds: got "5"',
    ],
    ['no routes', changed({ routes: null }), 'topology routes'],
  ])('refuses %s and says where', (_, text, field) => {
    expect(() => decodeTopology(text)).toThrow(field);
    expect(() => decodeTopology(text)).toThrow('mount the topology.json that the same version of Warren rendered');
  });

  test.each<[what: string, text: string, field: string]>([
    ['a file that was cut off', encodeTopology(topology).slice(0, 50), 'topology'],
    ['a queue that is null', changed({ queues: [null] }), 'topology queues[0]'],
    ['a time that is text', changed({ queues: [{ ...queue, maxTaskSeconds: '30' }] }), 'topology queues[0].maxTaskSeconds: got "30"'],
    ['a list of routes', changed({ routes: [] }), 'topology routes'],
  ])('refuses %s and says where', (_, text, field) => expect(() => decodeTopology(text)).toThrow(field));
});
