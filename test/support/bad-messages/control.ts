import type { Options } from 'amqplib';

/** What is in a control message beyond the least, or its bytes. */
type Body = Readonly<Record<string, unknown>> | string | Buffer;

const ids = (count: number) => Array.from({ length: count }, (_, index) => `00000000-0000-0000-0000-${index}`);
const reply = (exchange: unknown, routingKey: unknown) => ({
  method: 'ping',
  reply_to: { exchange, routing_key: routingKey },
  ticket: 't',
});

/** M23: what must change nothing. Commands that are allowed, such as `shutdown` for all, are no part of it: see docs/remote-control.md. */
export const CONTROL_MESSAGES: readonly [what: string, body: Body, properties?: Options.Publish][] = [
  ['nothing', ''],
  ['broken JSON', '{"method":'],
  ['a list', '[]'],
  ['pickle', 'x', { contentType: 'application/x-python-serialize' }],
  ['compressed', '{}', { headers: { compression: 'application/x-gzip' } }],
  ['5 MB', Buffer.alloc(5_000_000, ' ')],
  ['no method', { method: undefined }],
  ['unknown method', { method: 'no_such_method' }],
  ['inherited method', { method: 'constructor' }],
  ['__proto__', { method: '__proto__' }],
  ['a method of 100 kB', { method: 'x'.repeat(100_000) }],
  ['a method that is no text', { method: ['ping'] }],
  ['arguments that are a list', { method: 'ping', arguments: [] }],
  ['a destination of numbers', { method: 'shutdown', destination: [5] }],
  ['a destination that is an object', { method: 'shutdown', destination: {} }],
  ['shutdown for somebody else', { method: 'shutdown', destination: ['other@host'] }],
  ['shutdown for a pattern that never ends', { method: 'shutdown', pattern: '(a+)+$'.padStart(60, '(a*)*'), matcher: 'pcre' }],
  ['shutdown for a pattern that is none', { method: 'shutdown', pattern: '(', matcher: 'pcre' }],
  ['shutdown for an unknown matcher', { method: 'shutdown', pattern: '*', matcher: 'eval' }],
  ['a pool of 1e9', { method: 'pool_grow', arguments: { n: 1e9 } }],
  ['a pool of "x"', { method: 'pool_grow', arguments: { n: 'x' } }],
  ['a pool of -1e9', { method: 'pool_shrink', arguments: { n: 1e9 } }],
  ['an autoscale without an end', { method: 'autoscale', arguments: { max: 1e9, min: -1 } }],
  ['a rate limit "x"', { method: 'rate_limit', arguments: { task_name: 'test.echo', rate_limit: 'x' } }],
  ['a rate limit for nothing', { method: 'rate_limit', arguments: {} }],
  ['a time limit below 0', { method: 'time_limit', arguments: { task_name: 'test.echo', hard: -1, soft: 'x' } }],
  ['more ids to kill than are remembered', { method: 'revoke', arguments: { task_id: ids(100_001), terminate: true, signal: 'SIGKILL' } }],
  ['a signal that is none', { method: 'revoke', arguments: { task_id: 'x', terminate: true, signal: 'SIGNONE' } }],
  ['ids that are numbers', { method: 'revoke', arguments: { task_id: [5] } }],
  ['stamps that are none', { method: 'revoke_by_stamped_headers', arguments: { headers: 5 } }],
  ['a queue that does not exist', { method: 'add_consumer', arguments: { queue: 'no-such-queue' } }],
  ['a queue of 10 kB', { method: 'add_consumer', arguments: { queue: 'x'.repeat(10_000) } }],
  ['an answer to an exchange that does not exist', reply('no-such-exchange', 'x')],
  ['an answer to the exchange of the tasks', reply('tasks', 'small')],
  ['an answer to the default exchange', reply('', 'small')],
  ['an answer to nobody', reply('reply.celery.pidbox', 'nobody')],
  ['an answer to a key of 300 bytes', reply('reply.celery.pidbox', 'x'.repeat(300))],
  ['an answer to a number', reply(5, 5)],
  ['a ticket of 1 MB', { ...reply('reply.celery.pidbox', 'nobody'), ticket: 'x'.repeat(1_000_000) }],
  ['expired', { method: 'shutdown' }, { headers: { expires: 1 } }],
  ['a clock that is none', { method: 'ping' }, { headers: { clock: 'x' } }],
  ['a clock at the end of all numbers', { method: 'ping' }, { headers: { clock: 2 ** 53 } }],
  ['logging that is none', { method: 'set_log_level', arguments: { level: {} } }],
];
