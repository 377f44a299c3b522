import { type Case, THERE } from './case';
import { DEAD_LETTER, NO_CHILD_OF_ITSELF, NOT_STARTED, NOTHING_THROWN, otherWords, PROTOCOL_1, REJECT_EVENT } from './decisions';

const typed = (type: string, value: unknown) => ({ __type__: type, __value__: value });

export const CASES: readonly Case[] = [
  // First, so that it has been taken long before its time.
  {
    name: 'a countdown above a second',
    task: 'same.waited',
    args: [10],
    options: { countdown: 10 },
    timed: true,
    told: ['SUCCESS', 'True'],
    differences: [
      {
        reason: 'a countdown waits in the broker and not in the worker, which receives the task again when its time has come',
        at: {
          'events / order': ['task-received task-received task-started task-succeeded', 'task-received task-started task-succeeded'],
          'events / task-received 2': [THERE, undefined],
        },
      },
    ],
  },

  // Early, so that they have been taken when the others have ended.
  { name: 'broken JSON', task: 'same.echo', body: '[[1', silent: true, told: [''], differences: [DEAD_LETTER('decode-error', null)] },
  {
    name: 'unknown content type',
    task: 'same.echo',
    body: 'x',
    content_type: 'application/foo',
    silent: true,
    told: [''],
    differences: [DEAD_LETTER('content-disallowed', 'rejected')],
  },
  {
    name: 'pickle',
    task: 'same.echo',
    body: 'x',
    content_type: 'application/x-python-serialize',
    silent: true,
    told: [''],
    differences: [DEAD_LETTER('content-disallowed', 'rejected')],
  },
  { name: 'Reject with requeue after an early ack', task: 'same.requeue-early', silent: true, told: [''] },
  { name: 'Ignore', task: 'same.ignore', silent: true, told: [''] },
  {
    name: 'unknown task',
    task: 'same.nobody',
    told: ['FAILURE', 'celery.exceptions.NotRegistered'],
    differences: [
      DEAD_LETTER('unregistered', 'rejected'),
      { reason: 'task-failed always has the same fields', at: { 'events / task-failed / traceback': ['str', undefined] } },
    ],
  },

  { name: 'a number', task: 'same.echo', args: [5], told: ['SUCCESS', '5'] },
  { name: 'nothing', task: 'same.echo', args: [null], told: ['SUCCESS', 'None'] },
  {
    name: 'nested values',
    task: 'same.echo',
    args: [{ a: [1, 2.5, true, null, 'ä\u0000'], '': {} }],
    told: ['SUCCESS', "{'a': [1, 2.5, True, None, 'ä\\x00'], '': {}}"],
    differences: [
      {
        reason: 'control characters are escaped in what monitors show',
        at: {
          'events / task-succeeded / result': [
            String.raw`{'a': [1, 2.5, True, None, 'ä\x00'], '': {}}`,
            "{'a': [1, 2.5, True, None, 'ä\u0000'], '': {}}",
          ],
        },
      },
    ],
  },
  { name: 'a whole float', task: 'same.echo', args: [typed('decimal', '2.0')], told: ['SUCCESS', "Decimal('2.0')"] },
  {
    name: 'datetime in UTC',
    task: 'same.echo',
    args: [typed('datetime', '2026-01-02T03:04:05.678000+00:00')],
    told: ['SUCCESS', 'datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)'],
  },
  {
    name: 'datetime elsewhere',
    task: 'same.echo',
    args: [typed('datetime', '2026-01-02T03:04:05.678901+05:30')],
    told: ['SUCCESS', 'datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))'],
    differences: [
      {
        reason: "JavaScript's Date is a moment in milliseconds: the moment comes back, in UTC, without offset and microseconds",
        at: Object.fromEntries(
          ['events / task-succeeded / result', 'states / SUCCESS / result / value'].map((place) => [
            place,
            [
              'datetime.datetime(2026, 1, 1, 21, 34, 5, 678000, tzinfo=datetime.timezone.utc)',
              'datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))',
            ],
          ]),
        ),
      },
    ],
  },
  { name: 'date', task: 'same.echo', args: [typed('date', '2026-01-02')], told: ['SUCCESS', 'datetime.date(2026, 1, 2)'] },
  { name: 'time', task: 'same.echo', args: [typed('time', '01:02:03.000004')], told: ['SUCCESS', 'datetime.time(1, 2, 3, 4)'] },
  { name: 'Decimal', task: 'same.echo', args: [typed('decimal', '1.10')], told: ['SUCCESS', "Decimal('1.10')"] },
  {
    name: 'UUID',
    task: 'same.echo',
    args: [typed('uuid', { hex: '6ba7b8109dad11d180b400c04fd430c8', version: 1 })],
    told: ['SUCCESS', "UUID('6ba7b810-9dad-11d1-80b4-00c04fd430c8')"],
  },
  {
    name: 'bytes',
    task: 'same.echo',
    args: [typed('base64', '/wA=')],
    told: ['SUCCESS', String.raw`b'\xff\x00'`],
    differences: [
      {
        reason: 'monitors are shown bytes as Python prints them',
        at: { 'events / task-succeeded / result': [String.raw`b'ÿ\x00'`, "b'ff00'"] },
      },
    ],
  },
  { name: 'keyword arguments', task: 'same.subtract', kwargs: { y: 2, x: 5 }, told: ['SUCCESS', '3'] },
  { name: 'both kinds of arguments', task: 'same.subtract', args: [5], kwargs: { y: 2 }, told: ['SUCCESS', '3'] },
  {
    name: 'a missing argument',
    task: 'same.subtract',
    args: [5],
    told: ['FAILURE', 'builtins.TypeError'],
    differences: [
      NOT_STARTED,
      otherWords('the task is named as callers know it', 'TypeError', "same.subtract() missing 1 required argument: 'y'", [
        'TypeError("subtract() missing 1 required positional argument: \'y\'")',
        '("subtract() missing 1 required positional argument: \'y\'",)',
      ]),
    ],
  },
  {
    name: 'an unexpected argument',
    task: 'same.subtract',
    args: [5, 2],
    kwargs: { z: 1 },
    told: ['FAILURE', 'builtins.TypeError'],
    differences: [
      NOT_STARTED,
      otherWords(
        'the task is named as callers know it, and how to take keywords is said',
        'TypeError',
        `same.subtract() got an unexpected keyword argument 'z' (the task's option "parameters" names those it takes)`,
        ['TypeError("subtract() got an unexpected keyword argument \'z\'")', '("subtract() got an unexpected keyword argument \'z\'",)'],
      ),
    ],
  },
  {
    name: 'a value that is not JSON',
    task: 'same.not-json',
    told: ['FAILURE', 'kombu.exceptions.EncodeError'],
    differences: [
      otherWords('the place in the value is named', 'EncodeError', "the task's value is not JSON: result is a function, which JSON lacks", [
        "EncodeError(TypeError('Object of type object is not JSON serializable'))",
        '("TypeError(\'Object of type object is not JSON serializable\')",)',
      ]),
      { reason: 'the task has ended; a traceback would show the worker', at: { 'states / FAILURE / traceback': [false, true] } },
    ],
  },

  { name: 'TypeError', task: 'same.wrong-type', told: ['FAILURE', 'builtins.TypeError'] },
  {
    name: 'ValueError',
    task: 'same.wrong-value',
    told: ['FAILURE', 'builtins.ValueError'],
    differences: [
      {
        reason: 'JavaScript has no ValueError: a class of the task is not taken for one of Python of the same name',
        at: { 'states / FAILURE / result / exception': ['celery.exceptions.ValueError', 'builtins.ValueError'] },
      },
    ],
  },
  { name: 'an error of its own', task: 'same.own-error', told: ['FAILURE', 'celery.exceptions.ShopError'] },
  { name: 'STARTED', task: 'same.tracked', told: ['STARTED SUCCESS', "'done'"] },
  { name: 'a custom state', task: 'same.progress', told: ['PROGRESS SUCCESS', "'done'"] },

  { name: 'Reject', task: 'same.reject', told: ['FAILURE', 'celery.exceptions.Reject'], differences: [REJECT_EVENT] },
  {
    name: 'Reject with the default acknowledgement',
    task: 'same.reject-by-default',
    told: ['FAILURE', 'celery.exceptions.Reject'],
    differences: [
      REJECT_EVENT,
      {
        reason: 'acknowledgements are late by default: what a task rejects is still there, and goes to the dead-letter queue',
        at: {
          'dead letter': ['rejected', null],
          'events / order': ['task-received task-started task-failed task-rejected', 'task-received task-started task-failed'],
          'events / task-rejected': [THERE, undefined],
        },
      },
    ],
  },
  {
    name: 'Reject after an early ack',
    task: 'same.reject-early',
    told: ['FAILURE', 'celery.exceptions.Reject'],
    differences: [REJECT_EVENT],
  },
  { name: 'Reject with requeue', task: 'same.requeue', told: ['SUCCESS', "'redelivered'"] },
  {
    name: 'a failure that is not acked',
    task: 'same.fail-late',
    told: ['FAILURE', 'builtins.TypeError'],
    differences: [DEAD_LETTER('task-failed', 'rejected')],
  },

  { name: 'Retry', task: 'same.retry', told: ['RETRY SUCCESS', '1'], differences: [NO_CHILD_OF_ITSELF, NOTHING_THROWN] },
  { name: 'Retry with a cause', task: 'same.retry-cause', told: ['RETRY SUCCESS', '1'], differences: [NO_CHILD_OF_ITSELF] },
  {
    name: 'no retry left',
    task: 'same.exhaust',
    told: ['RETRY FAILURE', 'celery.exceptions.MaxRetriesExceededError'],
    differences: [
      NO_CHILD_OF_ITSELF,
      NOTHING_THROWN,
      otherWords(
        'arguments may hold secrets and are not repeated in an error',
        'MaxRetriesExceededError',
        "Can't retry same.exhaust[ID]: no retries left",
        [
          'MaxRetriesExceededError("Can\'t retry same.exhaust[ID] args:() kwargs:{}")',
          '("Can\'t retry same.exhaust[ID] args:() kwargs:{}",)',
        ],
      ),
      { reason: 'the error is not of the task', at: { 'states / FAILURE / traceback': [false, true] } },
    ],
  },
  {
    name: 'no retry left, with a cause',
    task: 'same.exhaust-cause',
    told: ['RETRY FAILURE', 'builtins.TypeError'],
    differences: [NO_CHILD_OF_ITSELF],
  },
  { name: 'autoretry', task: 'same.autoretry', told: ['RETRY FAILURE', 'builtins.TypeError'], differences: [NO_CHILD_OF_ITSELF] },

  // Not by the client, which lets such a message expire in the broker as well, before any worker may see it.
  {
    name: 'expired',
    task: 'same.echo',
    body: '[[1], {}, {}]',
    headers: { expires: '2020-01-01T00:00:00+00:00' },
    told: ['REVOKED', 'celery.exceptions.TaskRevokedError'],
  },
  { name: 'expires later', task: 'same.echo', args: [1], options: { expires: 600 }, told: ['SUCCESS', '1'] },
  { name: 'revoked', task: 'same.echo', args: [1], revoked: true, told: ['REVOKED', 'celery.exceptions.TaskRevokedError'] },
  {
    name: 'a soft time limit',
    task: 'same.sleep',
    args: [60],
    options: { soft_time_limit: 1 },
    told: ['FAILURE', 'billiard.exceptions.SoftTimeLimitExceeded'],
  },
  {
    name: 'a hard time limit',
    task: 'same.sleep',
    args: [60],
    options: { time_limit: 1 },
    told: ['FAILURE FAILURE', 'billiard.exceptions.TimeLimitExceeded'],
    differences: [
      {
        reason: 'an end is told once, and monitors are told which',
        at: {
          'states / order': ['FAILURE', 'FAILURE FAILURE'],
          'states / FAILURE 2': [undefined, THERE],
          'events / order': ['task-received task-started task-failed', 'task-received task-started task-failed task-failed'],
          'events / task-failed / exception': ['TimeLimitExceeded(1)', 'ExceptionWithTraceback()'],
          'events / task-failed 2': [undefined, THERE],
        },
      },
    ],
  },

  { name: 'ignore_result true', task: 'same.echo', args: [1], options: { ignore_result: true }, told: [''] },
  { name: 'ignore_result false', task: 'same.forgetful', options: { ignore_result: false }, told: ['SUCCESS', "'done'"] },
  // Celery 5.6 says false where 5.7 leaves it to the task.
  { name: 'ignore_result as the task says', task: 'same.forgetful', told: [''], told56: ['SUCCESS', "'done'"] },
  { name: 'zlib', task: 'same.echo', args: ['ä'.repeat(100)], options: { compression: 'zlib' }, told: ['SUCCESS', `'${'ä'.repeat(100)}'`] },
  {
    name: 'protocol 1',
    task: 'same.subtract',
    args: [5],
    kwargs: { y: 2 },
    protocol: 1,
    told: ['SUCCESS', '3'],
    differences: [PROTOCOL_1('(5,)', "{'y': 2}")],
  },
  {
    name: 'protocol 1, failing',
    task: 'same.wrong-type',
    protocol: 1,
    told: ['FAILURE', 'builtins.TypeError'],
    differences: [PROTOCOL_1('()', '{}')],
  },
  {
    name: 'a countdown below a second',
    task: 'same.waited',
    args: [0.5],
    options: { countdown: 0.5 },
    timed: true,
    told: ['SUCCESS', 'True'],
  },
  { name: 'a priority', task: 'same.echo', args: [1], options: { priority: 5 }, told: ['SUCCESS', '1'] },
  { name: 'a header of its own', task: 'same.header', options: { headers: { colour: 'red' } }, told: ['SUCCESS', "'red'"] },
  { name: 'shadow', task: 'same.echo', args: [1], options: { shadow: 'shown.name' }, told: ['SUCCESS', '1'] },
  { name: 'hidden arguments', task: 'same.echo', args: [1], options: { argsrepr: '(***)', kwargsrepr: '{***}' }, told: ['SUCCESS', '1'] },
  { name: 'stamps', task: 'same.echo', args: [1], options: { stamped_headers: ['monitor'], monitor: 'm-1' }, told: ['SUCCESS', '1'] },
];
