import { InvalidConfiguration } from '../../workers/problems';
import { checkTaskOptions, type TaskOptions } from '../../workers/task-options';

describe('options of a task', () => {
  it('accepts them all', () => {
    expect(() =>
      checkTaskOptions('t', {
        queue: 'q',
        parameters: ['a'],
        runIn: 'thread',
        ignoreResult: false,
        trackStarted: true,
        acknowledge: 'early',
        acknowledgeFailure: false,
        acknowledgeTimeout: false,
        onWorkerLost: 'retry',
        retry: { on: [Error], except: [TypeError], max: null, delaySeconds: 0, backoff: 2, backoffMaxSeconds: 60, jitter: false },
        softTimeLimitSeconds: 1.5,
        hardTimeLimitSeconds: 2,
        rateLimit: '100/m',
        deduplicate: true,
      }),
    ).not.toThrow();
  });

  it.each<[string, object, string]>([
    ['an unknown one', { quue: 'q' }, 't.quue: got "q" -> is not an option of a task -> did you mean "queue"?'],
    ['a place that is none', { runIn: 'threads' }, 't.runIn: got "threads" -> must be loop, thread, process -> did you mean "thread"?'],
    [
      'limits in the wrong order',
      { softTimeLimitSeconds: 9, hardTimeLimitSeconds: 9 },
      't.softTimeLimitSeconds: got 9 -> must be less than hardTimeLimitSeconds (9) -> lower it, or raise the other',
    ],
    ['a limit of nothing', { hardTimeLimitSeconds: 0 }, 't.hardTimeLimitSeconds: got 0 -> must be seconds over 0 -> change it'],
    ['a rate without sense', { rateLimit: 'often' }, 't.rateLimit: got "often" -> must be a number per s, m or h -> write it like "100/m"'],
    ['half a retry', { retry: { max: 1.5 } }, 't.retry.max: got 1.5 -> must be a whole number from 0, or null -> change it'],
    [
      'deduplication of results that are ignored',
      { deduplicate: true, ignoreResult: true },
      't.deduplicate: got true -> must not be given together with ignoreResult: no success would ever be stored -> remove one of them',
    ],
    ['a negative delay', { retry: { delaySeconds: -1 } }, 't.retry.delaySeconds: got -1 -> must be seconds from 0 -> change it'],
  ])('refuses %s', (_, options, line) => {
    expect(() => checkTaskOptions('t', options as TaskOptions)).toThrow(InvalidConfiguration);
    expect(() => checkTaskOptions('t', options as TaskOptions)).toThrow(line);
  });
});
