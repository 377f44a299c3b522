import { type BadMessage, bodies, headerValues, ID, message } from './bad-message';

const ANSI = '\u001b[2J\u001b[31m\r\n\u202e';
const long = (characters: number) => 'x'.repeat(characters);
const fromNow = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

const FORMAT_ROWS: readonly BadMessage[] = [
  message('M3', 'no headers', { dead: 'unknown-format' }, { options: { headers: undefined } }),
  message('M3', 'headers of somebody else', { dead: 'unknown-format' }, { options: { headers: { type: 'order' } } }),
  message(
    'M3',
    'no headers, and a body that is no task',
    { dead: 'unknown-format' },
    { body: '{"id":"a"}', options: { headers: undefined } },
  ),
  ...headerValues('M3', { dead: 'unknown-format' }, 'task', [null, 5, true, ['test.echo'], {}]),
  ...headerValues('M4', { dead: 'missing-id' }, 'id', [undefined, null, '', 5, ['a'], {}]),
  ...headerValues('M4', { dead: 'invalid-header' }, 'id', [long(256)]),
  message('M4', 'protocol 1 without id', { dead: 'missing-id' }, { body: '{"task":"test.echo","args":[1]}', options: { headers: {} } }),
  ...bodies(
    'M5',
    { ran: 'SUCCESS', result: 1 },
    {
      'protocol 1': `{"task":"test.echo","id":"${ID}","args":[1],"kwargs":{}}`,
      'protocol 1 as Celery 3 sent it': `{"task":"test.echo","id":"${ID}","args":[1],"kwargs":{},"retries":0,"eta":null,"expires":null,"utc":true,"callbacks":null,"errbacks":null,"timelimit":[null,null],"taskset":null,"chord":null}`,
      'protocol 1 with an eta in the past': `{"task":"test.echo","id":"${ID}","args":[1],"eta":"2020-01-01T00:00:00","utc":true}`,
    },
  ).map((row) => ({ ...row, options: { ...row.options, headers: {} } })),
  message(
    'M6',
    'body of protocol 1 under headers of protocol 2',
    { ran: 'SUCCESS', result: 1 },
    {
      body: `{"task":"other","id":"other","args":[1],"kwargs":{}}`,
    },
  ),
  message('M6', 'unknown headers', { ran: 'SUCCESS' }, { headers: { tenant: { a: [1, null] }, 'x-new': true, __proto: 1 } }),
  message('M6', 'stamps', { ran: 'SUCCESS' }, { headers: { stamped_headers: ['by'], stamps: { by: ['me', 5, null] } } }),
  ...headerValues('M6', { ran: 'SUCCESS' }, 'lang', ['js', 'go', 'py', null, 5, long(10_000)]),
  ...headerValues('M7', { dead: 'unregistered' }, 'task', [
    'no.such.task',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    long(10_240),
    ANSI,
    '\u0000',
    'test.echo ',
    'TEST.ECHO',
    'node:child_process',
    '../../../tasks',
    '$(id)',
    '\u{1f600}',
  ]),
  ...[
    'application/x-python-serialize',
    'application/x-yaml',
    'application/x-msgpack',
    'application/data',
    'text/plain',
    '',
    'application/json; charset=latin1',
    'application/json; version=2',
    'application/json-patch+json',
    undefined,
    ANSI,
  ].map((contentType) =>
    message('M8', `content type ${JSON.stringify(contentType) ?? 'missing'}`, { dead: 'content-disallowed' }, { options: { contentType } }),
  ),
  message(
    'M8',
    'pickled bytes',
    { dead: 'content-disallowed' },
    {
      body: Buffer.from('\x80\x04K\x01.', 'latin1'),
      options: { contentType: 'application/x-python-serialize', contentEncoding: 'binary' },
    },
  ),
];

/** No eta of the whole year after this, so that no message runs while the tests do. */
const FAR = '9999-12-31T23:59:59+00:00';

const TIME_ROWS: readonly BadMessage[] = [
  ...headerValues('M16', { dead: 'invalid-header' }, 'eta', [
    'soon',
    '',
    5,
    1.5,
    true,
    {},
    ['2026-01-01'],
    '2026-02-30T00:00:00',
    '0000-01-01T00:00:00',
    '10000-01-01T00:00:00',
    '2026-01-01T00:00:00+99:99',
    '2026-01-01T24:00:00',
    `2026-01-01T00:00:00.${'1'.repeat(10_000)}`,
    { '!': 'timestamp', value: 5 },
  ]),
  ...headerValues('M16', { ran: 'SUCCESS' }, 'eta', [
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:00.123456+00:00',
    '0001-01-01T00:00:00',
    '2020-01-01',
    null,
    fromNow(1),
  ]),
  ...headerValues('M16', { waits: true }, 'eta', [FAR]),
  ...headerValues('M17', { dead: 'invalid-header' }, 'expires', ['soon', '', 60, true, {}, '2026-01-01T00:00:00+99:99']),
  ...headerValues('M17', { revoked: true }, 'expires', ['2020-01-01T00:00:00', '0001-01-01T00:00:00', '2020-01-01T00:00:00.5-05:30']),
  ...headerValues('M17', { revoked: true }, 'expires', ['2020-01-01T00:00:00'], { eta: FAR }),
  ...headerValues('M17', { ran: 'SUCCESS' }, 'expires', [FAR, null]),
];

const NUMBER_ROWS: readonly BadMessage[] = [
  ...headerValues('M18', { dead: 'invalid-header' }, 'retries', [-1, 1e9, 0.5, '3', true, {}]),
  ...headerValues('M18', { ran: 'SUCCESS' }, 'retries', [null, 0, 1_000_000]),
  ...headerValues('M18', { ran: 'FAILURE' }, 'retries', [3, 1_000_000], { task: 'test.retry-for-ever' }).map((row) => ({
    ...row,
    body: '[[],{},{}]',
  })),
  ...headerValues('M18', { dead: 'invalid-header' }, 'timelimit', [-1, '60', [60], [1, 2, 3], ['60', '50'], [-1, null], {}]),
  ...headerValues('M18', { ran: 'SUCCESS' }, 'timelimit', [[null, null], [0, 0], [60, 50], [1e300, 1e300], null]),
  ...headerValues('M18', { dead: 'invalid-header' }, 'ignore_result', ['false', 0, {}]),
  ...headerValues('M18', { dead: 'invalid-header' }, 'group_index', ['0', -1, 0.5]),
  ...headerValues('M18', { dead: 'invalid-header' }, 'replaced_task_nesting', ['x', -1]),
  // 256 is 0 on the wire, where a priority has one byte.
  ...[0, 32, 255].map((priority) => message('M18', `priority ${priority}`, { ran: 'SUCCESS' }, { options: { priority } })),
];

const CALLER_ROWS: readonly BadMessage[] = [
  ...['nobody', 'amq.rabbitmq.reply-to.nobody', ANSI, long(255)].map((replyTo) =>
    message('M20', `reply_to ${JSON.stringify(replyTo).slice(0, 40)}`, { ran: 'SUCCESS' }, { options: { replyTo } }),
  ),
  message('M20', 'no reply_to', { ran: 'SUCCESS' }, { options: { replyTo: undefined } }),
  message('M20', 'no correlation_id', { ran: 'SUCCESS', result: 1 }, { options: { correlationId: undefined } }),
  message('M20', 'correlation_id of another', { ran: 'SUCCESS', result: 1 }, { options: { correlationId: 'other' } }),
  ...headerValues('M21', { ran: 'SUCCESS' }, 'argsrepr', [long(60_000), ANSI, '\u0000', null]),
  ...headerValues('M21', { ran: 'SUCCESS' }, 'kwargsrepr', [long(60_000), ANSI]),
  ...headerValues('M21', { ran: 'SUCCESS' }, 'shadow', [ANSI, 'constructor']),
  ...headerValues('M21', { ran: 'SUCCESS' }, 'origin', [ANSI]),
  ...['argsrepr', 'kwargsrepr', 'shadow', 'origin'].flatMap((name) => headerValues('M21', { dead: 'invalid-header' }, name, [5, [1], {}])),
];

/** What the list has not, found by reading what the worker reads. */
const OTHER_ROWS: readonly BadMessage[] = [
  ...['root_id', 'parent_id', 'group'].flatMap((name) => headerValues('X', { dead: 'invalid-header' }, name, [5, {}, long(256)])),
  ...headerValues('X', { dead: 'invalid-header' }, 'stamps', [[], 'x', 5]),
  ...headerValues('X', { dead: 'invalid-header' }, 'stamped_headers', ['by', [1], {}]),
  ...bodies(
    'X',
    { dead: 'unsupported' },
    {
      chain: '[[1],{},{"chain":[{"task":"x"}]}]',
      chord: '[[1],{},{"chord":{"task":"x"}}]',
      callbacks: '[[1],{},{"callbacks":[{"task":"x"}]}]',
      errbacks: '[[1],{},{"errbacks":"x"}]',
    },
  ),
  message(
    'X',
    'a task that fails and must not be acked',
    { dead: 'task-failed' },
    {
      body: '[[],{},{}]',
      headers: { task: 'test.fail-to-dead-letter' },
    },
  ),
  message('X', 'a task that rejects its message', { dead: 'rejected' }, { body: '[[false],{},{}]', headers: { task: 'test.reject' } }),
  message('X', 'too many arguments', { ran: 'SUCCESS', result: 1 }, { body: '[[1,2,3],{},{}]' }),
  // The broker counts deliveries, a producer must not: a worker runs what has failed often alone.
  ...headerValues('X', { ran: 'SUCCESS' }, 'x-delivery-count', [1e6, -1, 'x', {}]),
  ...headerValues('X', { dead: 'decode-error' }, 'x-death', ['x', [{ queue: 5 }], []]).map((row) => ({ ...row, body: '' })),
  ...headerValues('X', { dead: 'decode-error' }, 'x-reject-reason', ['forged', 5]).map((row) => ({ ...row, body: '' })),
  // Another routing key, at which the dead letter must not arrive a second time.
  message('X', 'CC of another dead-letter queue', { dead: 'decode-error' }, { body: '', options: { CC: ['large.dlq'] } }),
  // The broker lets only the user itself name itself, and the dead letter is sent by another one.
  message('X', "the producer's user_id", { dead: 'decode-error' }, { body: '', options: { userId: 'producer' } }),
  message('X', "the producer's user_id on a good message", { ran: 'SUCCESS' }, { options: { userId: 'producer' } }),
];

export const HEADER_ROWS: readonly BadMessage[] = [...FORMAT_ROWS, ...TIME_ROWS, ...NUMBER_ROWS, ...CALLER_ROWS, ...OTHER_ROWS];
