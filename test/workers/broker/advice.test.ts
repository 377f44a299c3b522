import { adviceFor } from '../../../workers/broker/advice';

/** As amqplib and RabbitMQ 4.3 word them. */
describe('adviceFor', () => {
  test.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."',
      /login refused.*password/,
    ],
    [`Handshake terminated by server: 530 (NOT-ALLOWED) with message "NOT_ALLOWED - vhost jobs not found"`, /no such virtual host/],
    [
      `530 (NOT-ALLOWED) with message "NOT_ALLOWED - access to vhost 'tasks' refused for user 'worker'"`,
      /no permission in the virtual host/,
    ],
    [
      `403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - read access to queue 'small' in vhost 'tasks' refused for user 'w'"`,
      /no permission/,
    ],
    [`404 (NOT-FOUND) with message "NOT_FOUND - no queue 'small' in vhost 'tasks'"`, /missing in the broker/],
    ['getaddrinfo ENOTFOUND broker-0', /name not found/],
    ["ENOENT: no such file or directory, open '/etc/warren/broker/username'", /mount the Secret/],
  ])('knows what to do about %s', (said, advice) => expect(adviceFor(said)).toMatch(advice));

  it('gives none where it knows none', () => expect(adviceFor('connect ECONNREFUSED 10.0.0.1:5672')).toBeUndefined());
});
