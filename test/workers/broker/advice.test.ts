import { adviceFor } from '../../../workers/broker/advice';

/** As amqplib and RabbitMQ 4.3 word them. */
describe('adviceFor', () => {
  test.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."',
      /login refused.*password/,
    ],
    ['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', /virtual host does not exist, or the user has no permission/],
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
