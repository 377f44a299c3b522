import { brokerUsers } from '../../constructs/broker-users';
import { resolveTopology, WATCHDOG_QUEUE } from '../../workers/topology';

const UUID = '0b7f6c3a-52f7-4d55-9a1e-0d9c5a4f3b21';
const topology = resolveTopology({ queues: { small: {}, 'big.one': {} } });
const users = brokerUsers(topology, { general: ['small'], heavy: ['big.one'] });

function may(name: string, action: 'configure' | 'write' | 'read', object: string): boolean {
  const user = users.find((candidate) => candidate.name === name);
  if (!user) throw new Error(`no user ${name}; there is ${users.map((candidate) => candidate.name).join(', ')}`);
  return new RegExp(user[action]).test(object);
}

type Permission = [user: string, action: 'configure' | 'write' | 'read', object: string];

/** What each Celery program does with names as it makes them up (reference: Celery 5.6 and 5.7, control plane). */
const CONTROL_PLANE = [
  'celery.pidbox',
  'general@pod-1.celery.pidbox',
  `general@pod-1.${UUID}.celery.pidbox`,
  'revoked.celery.pidbox',
  'reply.celery.pidbox',
  `${UUID}.reply.celery.pidbox`,
  'celeryev',
  `celeryev.${UUID}`,
  UUID,
];

describe('brokerUsers of a system with broadcasts', () => {
  const shouting = resolveTopology({ queues: { small: {} }, broadcasts: ['reload'] });
  const groups = brokerUsers(shouting, { ears: ['small'], deaf: ['small'] }, { ears: ['reload'] });
  const patternOf = (name: string): RegExp => new RegExp(groups.find((user) => user.name === name)?.configure ?? 'none');

  test.each([
    ['worker-ears', 'reload', true],
    ['worker-ears', `reload.${UUID}`, true],
    ['worker-ears', 'reload.else', false],
    ['worker-deaf', 'reload', false],
    ['worker-deaf', `reload.${UUID}`, false],
    ['producer', 'reload', true],
  ])('lets %s declare %s: %s', (user, name, allowed) => expect(patternOf(user).test(name)).toBe(allowed));
});

describe('brokerUsers', () => {
  test.each<Permission>([
    ...(['configure', 'write', 'read'] as const).flatMap((action): Permission[] => [
      ['admin', action, 'anything'],
      ['worker-general', action, 'small'],
      ['worker-heavy', action, 'big.one'],
      ['worker-general', action, 'tasks'],
      ['producer', action, 'small'],
      ['producer', action, 'big.one'],
      ['producer', action, 'tasks'],
    ]),
    ['worker-general', 'write', 'amq.default'],
    ['producer', 'write', 'amq.default'],
    ['worker-general', 'write', 'tasks.dlx'],
    ['worker-general', 'read', WATCHDOG_QUEUE],
  ])('lets %s %s %s', (user, action, object) => expect(may(user, action, object)).toBe(true));

  test.each(['worker-general', 'worker-heavy', 'producer', 'flower'])('lets %s use the control plane', (user) => {
    for (const action of ['configure', 'write', 'read'] as const) {
      expect(CONTROL_PLANE.filter((object) => !may(user, action, object))).toEqual([]);
    }
  });

  test.each<Permission>([
    ['worker-general', 'read', 'big.one'],
    ['worker-general', 'configure', 'big.one'],
    ['worker-general', 'write', 'big.one'],
    ['worker-heavy', 'read', 'small'],
    ['worker-heavy', 'read', 'bigXone'],
    ['worker-general', 'read', 'smaller'],
    ['worker-general', 'read', 'too.small'],
    ['worker-general', 'read', 'small.dlq'],
    ['worker-general', 'configure', 'tasks.dlx'],
    ['worker-general', 'write', WATCHDOG_QUEUE],
    ['worker-general', 'configure', WATCHDOG_QUEUE],
    ['producer', 'read', WATCHDOG_QUEUE],
    ['worker-general', 'configure', 'amq.default'],
    ['worker-general', 'write', 'amqXdefault'],
    ['worker-general', 'configure', 'mine'],
    ['worker-general', 'read', 'celeryev.mine'],
    ['worker-general', 'read', 'celeryXpidbox'],
    ['producer', 'write', 'tasks.dlx'],
    ['producer', 'read', 'small.dlq'],
    ['producer', 'configure', 'mine'],
    ['flower', 'read', 'small'],
    ['flower', 'write', 'small'],
    ['flower', 'write', 'tasks'],
    ['flower', 'write', 'amq.default'],
    ['keda', 'configure', 'small'],
    ['keda', 'write', 'tasks'],
    ['keda', 'read', 'small'],
    ['keda', 'read', UUID],
  ])('does not let %s %s %s', (user, action, object) => expect(may(user, action, object)).toBe(false));

  test.each([
    ['admin', ['administrator']],
    ['flower', ['monitoring']],
    ['keda', ['management']],
    ['worker-general', []],
    ['producer', []],
  ])('gives %s the tags %j', (name, tags) => expect(users.find((user) => user.name === name)?.tags).toEqual(tags));

  test('makes no guest', () =>
    expect(users.map((user) => user.name)).toEqual(['admin', 'worker-general', 'worker-heavy', 'producer', 'flower', 'keda']));
});
