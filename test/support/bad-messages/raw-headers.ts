import { arrayValue, double, type Field, int64, longString, table, tableValue, timestamp } from '../raw-amqp';
import { type BadMessage, ID, message } from './bad-message';

const CALL: readonly Field[] = [
  ['task', longString('test.echo')],
  ['id', longString(ID.padEnd(36, '#'))],
];
const headers = (...fields: readonly Field[]): Buffer => table(...CALL, ...fields);

/** A table in a table in a table. */
function nested(levels: number): Buffer {
  let value = longString('x');
  for (let level = 0; level < levels; level++) value = tableValue(table(['a', value]));
  return value;
}

/** Headers of a good message that the client library reads, and cannot write again as they are. */
const ODD_HEADERS: Readonly<Record<string, Buffer>> = {
  // NaN and Infinity as doubles the broker itself refuses: it closes the producer's connection (541).
  'a double far below zero': headers(['x', double(-1e300)]),
  'a large double with a fraction': headers(['x', double(2 ** 50 + 0.5)]),
  'the largest integer': headers(['x', int64(2n ** 63n - 1n)]),
  'the smallest integer': headers(['x', int64(-(2n ** 63n))]),
  'the last timestamp': headers(['x', timestamp(2n ** 64n - 1n)]),
  'a table that looks like a typed value': headers(['x', tableValue(table(['!', longString('nonsense')]))]),
  'a table that looks like a broken decimal': headers(['x', tableValue(table(['!', longString('decimal')]))]),
  'a table that looks like a broken timestamp': headers([
    'x',
    tableValue(table(['!', longString('timestamp')], ['value', longString('x')])),
  ]),
  'the same in a list': headers(['x', arrayValue(tableValue(table(['!', longString('nonsense')])), double(-1e300))]),
  'a name that is not UTF-8': headers([Buffer.alloc(200, 0xff), longString('x')]),
  'a text that is not UTF-8': headers(['x', longString(Buffer.alloc(10_000, 0xff))]),
  'a header __proto__': headers(['__proto__', tableValue(table(['polluted', longString('x')]))]),
  'tables nested 3,000 deep': headers(['x', nested(3000)]),
};

const HUGE: Field = ['x', longString('x'.repeat(100_000))];
/** As deep as fits into the headers of a message. */
const DEEPEST = 18_000;

export const RAW_ROWS: readonly BadMessage[] = [
  ...Object.entries(ODD_HEADERS).flatMap(([what, rawHeaders]) => [
    message('X', `${what} in the headers of a good message`, { ran: 'SUCCESS' }, { rawHeaders }),
    message('X', `${what} in the headers of a bad message`, { dead: 'decode-error' }, { rawHeaders, body: 'x' }),
  ]),
  message(
    'M7',
    'a name of 66,000 characters',
    { dead: undefined },
    {
      rawHeaders: table(['task', longString('x'.repeat(66_000))], ['id', longString('a')]),
    },
  ),
  message('M24', '100 kB of headers on a good message', { ran: 'SUCCESS' }, { rawHeaders: headers(HUGE) }),
  message('M24', '100 kB of headers on a bad message', { dead: undefined }, { rawHeaders: headers(HUGE), body: 'x' }),
  // It cannot be sent again, to wait in the broker.
  message(
    'M24',
    '100 kB of headers on a message for later',
    { dead: undefined },
    {
      rawHeaders: headers(HUGE, ['eta', longString('9999-12-31T23:59:59+00:00')]),
    },
  ),
  // The client library cannot read them: they are gone, and with them the name of the task.
  message('X', 'headers nested as deep as can be', { dead: 'invalid-header' }, { rawHeaders: headers(['x', nested(DEEPEST)]) }),
];
