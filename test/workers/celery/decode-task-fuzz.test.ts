import { encodeRetry } from '../../../workers/celery/encode-retry';
import { decodeTask, Rejected, type TaskMessage } from '../../../workers/celery/message';
import { MUTATED_VECTORS, mutated, randomNumbers, type Sample } from './mutations';
import { taskVector } from './vectors';

const ROUNDS = 10_000;
const NO_VALUE = [undefined, null];

/** What the rest of the worker takes for granted. */
function problems(message: TaskMessage): string[] {
  const { args, kwargs, timeLimit, eta, expires } = message;
  const isTime = (time: Date | null) => time === null || (time instanceof Date && !Number.isNaN(time.getTime()));
  const checks: Record<string, boolean> = {
    id: typeof message.id === 'string' && message.id !== '' && Buffer.byteLength(message.id) < 256,
    task: typeof message.task === 'string',
    args: Array.isArray(args),
    kwargs: Object.getPrototypeOf(kwargs) === Object.prototype,
    retries: Number.isSafeInteger(message.retries) && message.retries >= 0,
    times: isTime(eta) && isTime(expires),
    limits: [timeLimit.hardSeconds, timeLimit.softSeconds].every((each) => each === null || each > 0),
    ids: typeof message.rootId === 'string' && [message.parentId, message.group].every((each) => each === null || typeof each === 'string'),
    ignoreResult: [true, false, null].includes(message.ignoreResult),
    shown: [message.argsrepr, message.kwargsrepr].every((text) => /^\P{Cc}{0,1024}$/su.test(text)),
    stamps: Array.isArray(message.stampedHeaders) && typeof message.stamps === 'object',
    canvas: Object.values(message.embed).every((part) => NO_VALUE.includes(part as null) || (part as unknown[]).length === 0),
  };
  return Object.keys(checks).filter((name) => !checks[name]);
}

describe(`decodeTask with ${ROUNDS} damaged messages`, () => {
  const samples: readonly Sample[] = MUTATED_VECTORS.map((name) => taskVector(name));
  const random = randomNumbers(20_261_121);
  const seen = new Map<string, number>();
  const wrong: unknown[] = [];
  let slowestMs = 0;

  beforeAll(() => {
    for (let round = 0; round < ROUNDS; round++) {
      const sample = mutated(samples, random);
      // Time of this process and not of the clock: the machine may be busy with others.
      const started = process.cpuUsage();
      const reason = judge(sample);
      slowestMs = Math.max(slowestMs, process.cpuUsage(started).user / 1000);
      seen.set(reason, (seen.get(reason) ?? 0) + 1);
    }
  }, 240_000);

  function judge({ content, properties }: Sample): string {
    try {
      const message = decodeTask(content, properties);
      const found = problems(message);
      if (found.length > 0) wrong.push([found, content.toString(), properties]);
      // What can be run can be run again.
      const retry = encodeRetry(message, { content, properties }, { retries: message.retries + 1, eta: new Date(0) });
      decodeTask(retry.content, retry.properties);
      return 'accepted';
    } catch (error) {
      if (!(error instanceof Rejected)) wrong.push([error, content.toString(), properties]);
      return error instanceof Rejected ? error.reason : 'defect';
    }
  }

  it('gives a valid task or a reason, nothing else', () => {
    expect(wrong).toEqual([]);
  });

  it('has met every reason that damage can have', () => {
    const reasons = ['accepted', 'content-disallowed', 'decode-error', 'unknown-format', 'missing-id', 'invalid-body', 'invalid-header'];
    expect([...seen.keys()]).toEqual(expect.arrayContaining([...reasons, 'invalid-value', 'unsafe-number', 'unsupported']));
    expect(seen.get('accepted')).toBeGreaterThan(ROUNDS / 10);
  });

  it('takes no long time over any', () => {
    expect(slowestMs).toBeLessThan(500);
  });

  it('has polluted nothing', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(([] as unknown as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
