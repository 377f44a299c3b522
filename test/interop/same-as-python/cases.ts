import type { Case } from './case';

const typed = (type: string, value: unknown) => ({ __type__: type, __value__: value });

export const CASES: readonly Case[] = [
  // First, so that they have been taken when the others have ended.
  { name: 'broken JSON', task: 'same.echo', body: '[[1', silent: true },
  { name: 'unknown content type', task: 'same.echo', body: 'x', content_type: 'application/foo', silent: true },
  { name: 'pickle', task: 'same.echo', body: 'x', content_type: 'application/x-python-serialize', silent: true },
  { name: 'Ignore', task: 'same.ignore', silent: true },
  { name: 'unknown task', task: 'same.nobody' },

  { name: 'a number', task: 'same.echo', args: [5] },
  { name: 'nothing', task: 'same.echo', args: [null] },
  { name: 'nested values', task: 'same.echo', args: [{ a: [1, 2.5, true, null, 'ä\u0000'], '': {} }] },
  { name: 'a whole float', task: 'same.echo', args: [typed('decimal', '2.0')] },
  { name: 'datetime in UTC', task: 'same.echo', args: [typed('datetime', '2026-01-02T03:04:05.678000+00:00')] },
  { name: 'datetime elsewhere', task: 'same.echo', args: [typed('datetime', '2026-01-02T03:04:05.678901+05:30')] },
  { name: 'date', task: 'same.echo', args: [typed('date', '2026-01-02')] },
  { name: 'time', task: 'same.echo', args: [typed('time', '01:02:03.000004')] },
  { name: 'Decimal', task: 'same.echo', args: [typed('decimal', '1.10')] },
  { name: 'UUID', task: 'same.echo', args: [typed('uuid', { hex: '6ba7b8109dad11d180b400c04fd430c8', version: 1 })] },
  { name: 'bytes', task: 'same.echo', args: [typed('base64', '/wA=')] },
  { name: 'keyword arguments', task: 'same.subtract', kwargs: { y: 2, x: 5 } },
  { name: 'both kinds of arguments', task: 'same.subtract', args: [5], kwargs: { y: 2 } },
  { name: 'a missing argument', task: 'same.subtract', args: [5] },
  { name: 'an unexpected argument', task: 'same.subtract', args: [5, 2], kwargs: { z: 1 } },
  { name: 'a value that is not JSON', task: 'same.not-json' },

  { name: 'TypeError', task: 'same.wrong-type' },
  { name: 'ValueError', task: 'same.wrong-value' },
  { name: 'an error of its own', task: 'same.own-error' },
  { name: 'STARTED', task: 'same.tracked' },
  { name: 'a custom state', task: 'same.progress' },

  { name: 'Reject', task: 'same.reject' },
  { name: 'Reject with the default acknowledgement', task: 'same.reject-by-default' },
  { name: 'Reject after an early ack', task: 'same.reject-early' },
  { name: 'Reject with requeue', task: 'same.requeue' },
  { name: 'a failure that is not acked', task: 'same.fail-late' },

  { name: 'Retry', task: 'same.retry' },
  { name: 'Retry with a cause', task: 'same.retry-cause' },
  { name: 'no retry left', task: 'same.exhaust' },
  { name: 'no retry left, with a cause', task: 'same.exhaust-cause' },
  { name: 'autoretry', task: 'same.autoretry' },

  // Not by the client, which lets such a message expire in the broker as well, before any worker may see it.
  { name: 'expired', task: 'same.echo', body: '[[1], {}, {}]', headers: { expires: '2020-01-01T00:00:00+00:00' } },
  { name: 'expires later', task: 'same.echo', args: [1], options: { expires: 600 } },
  { name: 'revoked', task: 'same.echo', args: [1], revoked: true },
  { name: 'a soft time limit', task: 'same.sleep', args: [60], options: { soft_time_limit: 1 } },
  { name: 'a hard time limit', task: 'same.sleep', args: [60], options: { time_limit: 1 } },

  { name: 'ignore_result true', task: 'same.echo', args: [1], options: { ignore_result: true } },
  { name: 'ignore_result false', task: 'same.forgetful', options: { ignore_result: false } },
  { name: 'ignore_result as the task says', task: 'same.forgetful' },
  { name: 'zlib', task: 'same.echo', args: ['ä'.repeat(100)], options: { compression: 'zlib' } },
  { name: 'protocol 1', task: 'same.subtract', args: [5], kwargs: { y: 2 }, protocol: 1 },
  { name: 'protocol 1, failing', task: 'same.wrong-type', protocol: 1 },
  { name: 'a countdown below a second', task: 'same.waited', args: [0.5], options: { countdown: 0.5 }, timed: true },
  { name: 'a countdown above a second', task: 'same.waited', args: [5], options: { countdown: 5 }, timed: true },
  { name: 'a priority', task: 'same.echo', args: [1], options: { priority: 5 } },
  { name: 'a header of its own', task: 'same.header', options: { headers: { colour: 'red' } } },
  { name: 'shadow', task: 'same.echo', args: [1], options: { shadow: 'shown.name' } },
  { name: 'hidden arguments', task: 'same.echo', args: [1], options: { argsrepr: '(***)', kwargsrepr: '{***}' } },
  { name: 'stamps', task: 'same.echo', args: [1], options: { stamped_headers: ['monitor'], monitor: 'm-1' } },
];
