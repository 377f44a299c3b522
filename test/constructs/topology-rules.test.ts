import { problemsOf, renderTasks } from '../support/manifests';

const queues = (names: Record<string, unknown>) => problemsOf({ queues: names, workers: { general: { queues: [Object.keys(names)[0]] } } });

describe('queuesRule', () => {
  test('refuses a name that is the end of another, whose delayed tasks it would get', () =>
    expect(queues({ mail: {}, 'high.mail': {} })).toEqual([
      'queues.mail: got "mail" -> is the end of "high.mail": delayed tasks of that queue would go to both -> rename one of the two',
    ]));

  test.each(['small', 'Orders', 'a.b', 'a_b', 'a-b', 'a:b', '7', 'celery', 'x'.repeat(200)])('takes the name %s', (name) => {
    expect(() => renderTasks({ queues: { [name]: {} }, workers: { general: { queues: [name] } } })).not.toThrow();
  });

  test.each(['', 'orders/high', 'a b', 'a*', 'a#b', 'ä', 'a\nb', 'a,b', 'x'.repeat(201)])(
    'refuses the name %j, which somebody would have to quote',
    (name) =>
      expect(queues({ [name]: {} })).toEqual([
        expect.stringContaining('-> must be 1 to 200 letters, digits or - _ . : -> rename the queue'),
      ]),
  );

  test.each([
    'amq.small',
    'celeryev',
    'celeryev.mine',
    'celery_delayed_5',
    'celery.pidbox',
    'me.celery.pidbox',
    'me.pidbox',
    'reply.celery.pidbox',
    'small.dlq',
    'warren.watchdog',
  ])('refuses the reserved name %s', (name) =>
    expect(queues({ [name]: {} })).toEqual([expect.stringMatching(/must not look like a name of the broker/)]),
  );

  test.each(['tasks', 'tasks.dlx'])('refuses %s, the name of an exchange', (name) =>
    expect(queues({ [name]: {} })).toEqual([expect.stringMatching(/is the name of an exchange/)]),
  );

  test.each([
    ['a_b', 'a.b'],
    ['a-b', 'a:b'],
    ['orders', 'Orders'],
  ])('refuses %s beside %s, which Kubernetes cannot tell apart', (first, second) =>
    expect(queues({ [first]: {}, [second]: {} })).toEqual([
      expect.stringMatching(new RegExp(`got "${second}" -> is the same name as "${first}" for Kubernetes .* -> rename one of the two$`)),
    ]),
  );

  test.each([
    ['maxTaskSeconds', 0],
    ['maxTaskSeconds', 604_801],
    ['maxTaskSeconds', 1.5],
    ['deliveryLimit', 0],
    ['deliveryLimit', -1],
    ['priority', -1],
    ['priority', 32],
    ['messageTtlSeconds', 0],
    ['messageTtlSeconds', 4_294_968],
    ['messageTtlSeconds', '60'],
    ['maxLength', 0],
    ['maxLength', 1.5],
  ])('refuses %s: %p', (key, value) =>
    expect(queues({ small: { [key]: value } })).toEqual([
      expect.stringMatching(
        new RegExp(`^queues\\.small\\.${key}: got ${JSON.stringify(value)} -> must be a whole number from \\d+ to \\d+`),
      ),
    ]),
  );

  test('refuses an unknown key with a suggestion', () =>
    expect(queues({ small: { maxTaskSecond: 3 } })).toEqual([
      'queues.small.maxTaskSecond: got 3 -> is not a known key -> did you mean "maxTaskSeconds"?',
    ]));

  test('refuses no queue at all', () => expect(queues({})).toContain('queues: got {} -> must have at least 1 entry -> add one'));
});

describe('routesRule', () => {
  test('refuses a queue that is not declared, with the nearest one that is', () =>
    expect(problemsOf({ routes: { 'tasks.add': 'smal' } })).toEqual([
      'routes."tasks.add": got "smal" -> is not a declared queue -> did you mean "small"?',
    ]));

  test('refuses undeclared queues on both sides of a size route', () =>
    expect(problemsOf({ routes: { 'tasks.add': { overBytes: 1, to: 'larg', otherwise: 'x' } } })).toEqual([
      'routes."tasks.add".to: got "larg" -> is not a declared queue -> did you mean "large"?',
      'routes."tasks.add".otherwise: got "x" -> is not a declared queue -> use one of "small", "large"',
    ]));

  test.each([-1, 0.5, 2 ** 31])('refuses %p for overBytes', (overBytes) =>
    expect(problemsOf({ routes: { 'tasks.add': { overBytes, to: 'large', otherwise: 'small' } } })).toEqual([
      expect.stringMatching(/^routes\."tasks\.add"\.overBytes: got .* -> must be a whole number from 0 to 2147483647 bytes/),
    ]),
  );

  test.each(['', 'two words', 'x'.repeat(256)])('refuses the task name %j', (name) =>
    expect(problemsOf({ routes: { [name]: 'small' } })).toEqual([expect.stringContaining('must be a task name of 1 to 255 characters')]),
  );

  test('refuses a list for the name of a queue', () =>
    expect(problemsOf({ routes: { 'tasks.add': ['small'] } })).toEqual([
      expect.stringMatching(/^routes\."tasks\.add": got \["small"\] -> is not a declared queue/),
    ]));

  test('refuses an unknown key of a size route', () =>
    expect(problemsOf({ routes: { 'tasks.add': { overByte: 1, overBytes: 1, to: 'large', otherwise: 'small' } } })).toEqual([
      'routes."tasks.add".overByte: got 1 -> is not a known key -> did you mean "overBytes"?',
    ]));
});

describe('virtualHostRule', () => {
  test.each(['', 'a b', 'ä', 'x'.repeat(65)])('refuses %j', (virtualHost) =>
    expect(problemsOf({ virtualHost })).toEqual([expect.stringMatching(/^virtualHost: got .* -> use "tasks"$/)]),
  );
});
