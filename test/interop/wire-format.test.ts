import { join } from 'node:path';
import { delayedRoutingKey } from '../../workers/celery/delayed-delivery';
import { decodeJson, decodeTask, encodeJson, encodeRetry, encodeTask } from '../../workers/celery/message';
import * as outcomes from '../../workers/celery/result';
import { run } from '../support/processes';
import { python, type PythonEnvironment } from '../support/python';
import { describeReal } from '../support/real';

jest.setTimeout(240_000);

const VERSIONS: readonly PythonEnvironment[] = ['celery-5.7.0', 'celery-5.6.3'];

describeReal.each(VERSIONS)("the wire format, judged by %s's own code", (version) => {
  async function ask<T>(command: string, argument: unknown = null): Promise<T> {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' };
    const script = [await python(version), 'wire_format.py', command, JSON.stringify(argument)];
    return JSON.parse(await run(script, { cwd: join(__dirname), env })) as T;
  }

  it('brings every type of value back as it came', async () => {
    const { json } = await ask<{ json: string }>('values');
    expect(await ask('same_values', encodeJson(decodeJson(json)))).toEqual([]);
  });

  it('sends the types of JavaScript as types of Python', async () => {
    const values = [new Date(0), Buffer.from([255]), new Uint8Array([97]), 2n ** 64n, -(2 ** 60), 2, 2.5, { a: undefined, b: null }];
    expect(await ask('shown', encodeJson(values))).toEqual([
      'datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)',
      String.raw`b'\xff'`,
      "b'a'",
      '18446744073709551616',
      '-1.152921504606847e+18',
      '2',
      '2.5',
      "{'b': None}",
    ]);
  });

  it('refuses the values that Python refuses', async () => {
    const wrong = [
      '{"__type__":"datetime","__value__":"2026-02-30T00:00:00"}',
      '{"__type__":"date","__value__":"2026-13-01"}',
      '{"__type__":"time","__value__":"24:30"}',
      '{"__type__":"decimal","__value__":"1,5"}',
      '{"__type__":"uuid","__value__":{"hex":"5"}}',
      '{"__type__":"uuid","__value__":"5"}',
      '{"__type__":"bytes","__value__":5}',
      '{"__type__":"bytes","__value__":"\\ud800"}',
      '{"__type__":"base64","__value__":"a"}',
    ];
    expect(await ask('accepted', [...wrong, '5'])).toEqual(['5']);
    for (const json of wrong) expect(() => decodeJson(json)).toThrow('invalid-value');
  });

  it('keeps the unknown types that Python refuses', async () => {
    const json = '{"__type__": "custom", "__value__": 1}';
    expect(await ask('accepted', [json])).toEqual([]);
    expect(decodeJson(json)).toEqual({ __type__: 'custom', __value__: 1 });
  });

  it('reads what kombu compressed', async () => {
    const compressed = await ask<Record<string, { content: string; header: string }>>('compressed', ['gzip', 'zlib']);
    for (const { content, header } of Object.values(compressed)) {
      const headers = { task: 't', id: 'a', compression: header };
      expect(decodeTask(Buffer.from(content, 'base64'), { contentType: 'application/json', headers }).args).toEqual([1, 'ä']);
    }
  });

  it('compresses what kombu reads, and what it reads of a retry', async () => {
    const sent = encodeTask('t', ['ä'], { id: 'a', kwargs: { at: new Date(0) }, compression: 'zlib' });
    const retry = encodeRetry(decodeTask(sent.content, sent.properties), sent, { retries: 1, eta: null });
    for (const { content, properties } of [sent, retry]) {
      const repr = await ask<string>('payload', { ...properties, content: content.toString('base64') });
      expect(repr).toContain("[['ä'], {'at': datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)}, {'callbacks': None,");
    }
  });

  it("reads both protocols as Celery's client writes them", async () => {
    const [first, second] = await ask<{ headers: Record<string, unknown>; body: string }[]>('tasks');
    const read = ({ headers = {}, body = '' }: { headers?: Record<string, unknown>; body?: string } = {}) =>
      decodeTask(Buffer.from(body), { contentType: 'application/json', contentEncoding: 'utf-8', headers });
    const both = {
      task: 'tasks.add',
      id: 'a',
      kwargs: { at: new Date('2026-01-02T00:00:00Z') },
      eta: new Date('2026-01-02T03:04:05.678Z'),
      expires: new Date('2036-01-02T08:00:00Z'),
      retries: 2,
      timeLimit: { hardSeconds: 60, softSeconds: 50.5 },
      group: 'g',
    };
    expect(read(first)).toMatchObject({ ...both, protocol: 1 });
    expect(read(second)).toMatchObject({ ...both, protocol: 2, shadow: 's', groupIndex: 3, kwargsrepr: expect.stringContaining("{'at'") });
  });

  it('delays by the same routing keys', async () => {
    const seconds = [1, 2, 5, 59, 86_400, 2 ** 28 - 1];
    const keys = ['small', 'a.b', '1.0.small', delayedRoutingKey(7, 'again')];
    const pairs = seconds.flatMap((each) => keys.map((key) => [each, key] as const));
    expect(pairs.map(([each, key]) => delayedRoutingKey(each, key))).toEqual(await ask('routing_keys', pairs));
  });

  it('ends tasks with exceptions that arrive as those of Python', async () => {
    const cases: readonly (readonly [outcomes.BadOutcome, readonly [string, string, string]])[] = [
      [outcomes.timeLimitExceeded(5), ['billiard.exceptions', 'TimeLimitExceeded', '(5,)']],
      [outcomes.softTimeLimitExceeded(), ['billiard.exceptions', 'SoftTimeLimitExceeded', '()']],
      [outcomes.workerLost('killed'), ['billiard.exceptions', 'WorkerLostError', "('killed',)"]],
      [outcomes.rejectedByTask('no'), ['celery.exceptions', 'Reject', "('no', False)"]],
      [outcomes.revoked('terminated'), ['celery.exceptions', 'TaskRevokedError', "('terminated',)"]],
      [outcomes.EXPIRED, ['celery.exceptions', 'TaskRevokedError', "('expired',)"]],
      [outcomes.notRegistered('x'), ['celery.exceptions', 'NotRegistered', "('x',)"]],
      [outcomes.maxRetriesExceeded('t', 'a'), ['celery.exceptions', 'MaxRetriesExceededError', '("Can\'t retry t[a]: no retries left",)']],
      [outcomes.notEncodable('x'), ['kombu.exceptions', 'EncodeError', "('x',)"]],
      [outcomes.failure(new TypeError('x')), ['builtins', 'TypeError', "('x',)"]],
      [outcomes.failure(new RangeError('x')), ['celery.exceptions', 'RangeError', "('x',)"]],
    ];
    const found = await ask(
      'exceptions',
      cases.map(([outcome]) => outcome.exception),
    );
    expect(found).toEqual(cases.map(([, expected]) => expected));
  });
});
