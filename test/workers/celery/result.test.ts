import {
  decodeResult,
  EXPIRED,
  encodeResult,
  failure,
  maxRetriesExceeded,
  notEncodable,
  notRegistered,
  rejectedByTask,
  revoked,
  softTimeLimitExceeded,
  timeLimitExceeded,
  wireException,
  workerLost,
} from '../../../workers/celery/result';
import { resultVector } from './vectors';

const TASK = { id: 'x', parentId: null, group: null };
const NOW = new Date('2026-11-20T09:25:52.842Z');

function encoded(...[id, outcome]: [string, Parameters<typeof encodeResult>[1]]): Record<string, unknown> {
  return JSON.parse(encodeResult({ ...TASK, id }, outcome, NOW).content.toString()) as Record<string, unknown>;
}

describe('encodeResult', () => {
  it('writes a success as Celery does, with the date that 5.7 adds', () => {
    const { body } = resultVector('SUCCESS');
    const { date_done, ...ours } = encoded(String(body['task_id']), { status: 'SUCCESS', result: 5 });
    expect(ours).toEqual(body);
    expect(date_done).toBe('2026-11-20T09:25:52.842000+00:00');
  });

  it('writes a failure with the fields of a captured one', () => {
    const ours = encoded('x', failure(new RangeError('too far')));
    const { date_done: _, ...fields } = ours;
    expect(Object.keys(fields)).toEqual(Object.keys(resultVector('FAILURE').body));
    expect(ours['result']).toEqual({ exc_type: 'RangeError', exc_message: ['too far'], exc_module: 'js' });
    expect(ours['traceback']).toContain('RangeError: too far');
  });

  it('maps errors that Python has to its own', () => {
    expect(encoded('x', failure(new TypeError('no')))['result']).toMatchObject({ exc_type: 'TypeError', exc_module: 'builtins' });
  });

  it('writes what was thrown even when it is no error', () => {
    expect(encoded('x', failure('bad'))['result']).toMatchObject({ exc_message: ['bad'] });
  });

  it('answers an expired task like Celery', () => {
    expect(encoded('x', revoked('expired'))['result']).toEqual(resultVector('REVOKED').body['result']);
  });

  it('turns a value that is no JSON into a failure that says where', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [Number.NaN, new Map(), circular]) {
      expect(encoded('x', { status: 'SUCCESS', result: value })).toMatchObject({ status: 'FAILURE', result: { exc_type: 'EncodeError' } });
    }
    const { result } = encoded('x', { status: 'SUCCESS', result: { a: [() => 1] } });
    expect(result).toMatchObject({ exc_message: ["the task's value is not JSON: result.a[0] is a function, which JSON lacks"] });
  });

  it('says what it tells: a value that cannot be sent is a failure to all', () => {
    const sent = { status: 'SUCCESS', result: 5 } as const;
    expect(encodeResult(TASK, sent, NOW).told).toBe(sent);
    expect(encodeResult(TASK, { status: 'SUCCESS', result: Number.NaN }, NOW).told).toMatchObject({ status: 'FAILURE' });
  });

  it('names parent and group, where there are any', () => {
    const { content } = encodeResult({ id: 'x', parentId: 'p', group: 'g' }, { status: 'SUCCESS', result: 2n ** 64n }, NOW);
    expect(content.toString()).toContain('"result":18446744073709551616,');
    expect(JSON.parse(content.toString())).toMatchObject({ parent_id: 'p', group_id: 'g' });
    expect(Object.keys(encoded('x', { status: 'SUCCESS', result: 1 }))).not.toContain('parent_id');
  });

  it('writes what JSON lacks', () => {
    const result = [2n ** 64n, Buffer.from('x'), new Date(0)];
    expect(decodeResult(encodeResult(TASK, { status: 'SUCCESS', result }, NOW).content)?.outcome).toEqual({ status: 'SUCCESS', result });
  });

  it('writes undefined as null', () => {
    expect(encoded('x', { status: 'SUCCESS', result: undefined })['result']).toBeNull();
  });
});

describe('what has not ended', () => {
  it('is written as Celery writes STARTED', () => {
    const { body } = resultVector('STARTED');
    const { date_done, ...ours } = encoded(String(body['task_id']), { status: 'STARTED', pid: 9281, hostname: 'w1@vm' });
    expect(ours).toEqual(body);
    expect(date_done).toBeNull();
  });

  it('is written as Celery writes RETRY', () => {
    const { body } = resultVector('RETRY');
    const exception = { exc_type: 'KeyError', exc_message: ['nope'], exc_module: 'builtins' };
    const { date_done, ...ours } = encoded(String(body['task_id']), { status: 'RETRY', exception, traceback: String(body['traceback']) });
    expect({ ...ours, children: body['children'] }).toEqual(body);
    expect(date_done).toBeNull();
    expect(encoded('x', { status: 'RETRY', exception: null, traceback: null })).toMatchObject({ status: 'RETRY', result: null });
    expect(wireException(new RangeError('x'))).toEqual({ exc_type: 'RangeError', exc_message: ['x'], exc_module: 'js' });
  });
});

describe('outcomes that Celery has classes for', () => {
  it.each([
    [notRegistered('no.such'), 'FAILURE', 'celery.exceptions', 'NotRegistered', ['no.such']],
    [timeLimitExceeded(1.5), 'FAILURE', 'billiard.exceptions', 'TimeLimitExceeded', [1.5]],
    [softTimeLimitExceeded(), 'FAILURE', 'billiard.exceptions', 'SoftTimeLimitExceeded', []],
    [workerLost('killed'), 'FAILURE', 'billiard.exceptions', 'WorkerLostError', ['killed']],
    [rejectedByTask('no'), 'FAILURE', 'celery.exceptions', 'Reject', ['no', false]],
    [rejectedByTask(null), 'FAILURE', 'celery.exceptions', 'Reject', [null, false]],
    [maxRetriesExceeded('t', 'a'), 'FAILURE', 'celery.exceptions', 'MaxRetriesExceededError', ["Can't retry t[a]: no retries left"]],
    [notEncodable('no'), 'FAILURE', 'kombu.exceptions', 'EncodeError', ['no']],
    [revoked('terminated'), 'REVOKED', 'celery.exceptions', 'TaskRevokedError', ['terminated']],
    [revoked('revoked'), 'REVOKED', 'celery.exceptions', 'TaskRevokedError', ['revoked']],
    [EXPIRED, 'REVOKED', 'celery.exceptions', 'TaskRevokedError', ['expired']],
  ])('%j', (outcome, status, exc_module, exc_type, exc_message) => {
    expect(encoded('x', outcome)).toMatchObject({ status, traceback: null, result: { exc_type, exc_message, exc_module } });
    expect(decodeResult(encodeResult(TASK, outcome, NOW).content)).toEqual({ id: 'x', outcome });
  });
});

describe('decodeResult', () => {
  const decode = (body: unknown) => decodeResult(Buffer.from(JSON.stringify(body)));

  it('reads captured final states', () => {
    expect(decode(resultVector('SUCCESS').body)?.outcome).toEqual({ status: 'SUCCESS', result: 5 });
    expect(decode(resultVector('FAILURE').body)?.outcome).toMatchObject({
      status: 'FAILURE',
      traceback: expect.stringContaining('Traceback'),
    });
    expect(decode(resultVector('REVOKED').body)?.outcome).toMatchObject({ status: 'REVOKED', exception: { exc_type: 'TaskRevokedError' } });
  });

  it.each(['STARTED', 'PROGRESS', 'RETRY'])('passes over %s', (state) => {
    expect(decode(resultVector(state).body)).toBeUndefined();
  });

  it('reads back what encodeResult wrote', () => {
    const outcome = failure(new Error('x'));
    expect(decodeResult(encodeResult({ ...TASK, id: 'id' }, outcome, NOW).content)).toEqual({ id: 'id', outcome });
  });

  it('refuses what is no result', () => {
    expect(() => decode({ hello: 1 })).toThrow('not a Celery result');
    for (const text of ['{', '[]', 'null', '"SUCCESS"', '{"task_id":1,"status":"SUCCESS"}']) {
      expect(() => decodeResult(Buffer.from(text))).toThrow(/JSON|not a Celery result/);
    }
  });

  it('throws nothing away over details', () => {
    const success = (result: string) => decodeResult(Buffer.from(`{"task_id":"x","status":"SUCCESS","result":${result}}`))?.outcome;
    expect(success('18446744073709551616')).toEqual({ status: 'SUCCESS', result: 2n ** 64n });
    expect(success('[NaN]')).toEqual({ status: 'SUCCESS', result: [Number.NaN] });
    expect(success('{"__type__":"uuid","__value__":5}')).toEqual({ status: 'SUCCESS', result: { __type__: 'uuid', __value__: 5 } });
    expect(decode({ task_id: 'x', status: 'FAILURE', result: 'odd', traceback: 5 })?.outcome).toEqual({
      status: 'FAILURE',
      exception: { exc_type: 'Exception', exc_message: [], exc_module: 'builtins' },
      traceback: null,
    });
  });
});
