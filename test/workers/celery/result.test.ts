import { decodeResult, encodeResult, failure, revoked } from '../../../workers/celery/result';
import { resultVector } from './vectors';

const NOW = new Date('2026-11-20T09:25:52.842Z');

function encoded(...[id, outcome]: [string, Parameters<typeof encodeResult>[1]]): Record<string, unknown> {
  return JSON.parse(encodeResult(id, outcome, NOW).toString()) as Record<string, unknown>;
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

  it('turns a value that is no JSON into a failure', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [1n, circular]) {
      expect(encoded('x', { status: 'SUCCESS', result: value })).toMatchObject({ status: 'FAILURE', result: { exc_type: 'EncodeError' } });
    }
  });

  it('writes undefined as null', () => {
    expect(encoded('x', { status: 'SUCCESS', result: undefined })['result']).toBeNull();
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
    expect(decodeResult(encodeResult('id', outcome, NOW))).toEqual({ id: 'id', outcome });
  });

  it('refuses what is no result', () => {
    expect(() => decode({ hello: 1 })).toThrow('not a Celery result');
    expect(() => decodeResult(Buffer.from('{'))).toThrow();
  });
});
