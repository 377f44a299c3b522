import { type BrokerUser, USERS } from '../broker-users';

/**
 * The users, of whom KEDA's may ask for the length of these queues over AMQP. RabbitMQ tells it to who has any right on the queue; `write`
 * on a queue allows nothing by itself: sending takes a right on an exchange, and reading takes `read`. Over HTTP KEDA needs no right but
 * to see the virtual host.
 * @param watched names of the queues that KEDA looks at over AMQP
 */
export function watchedByKeda(users: readonly BrokerUser[], watched: readonly string[]): BrokerUser[] {
  if (watched.length === 0) return [...users];
  const names = [...new Set(watched)].map((name) => name.replaceAll('.', '\\.'));
  return users.map((user) => (user.name === USERS.keda ? { ...user, write: `^(${names.join('|')})$` } : user));
}
