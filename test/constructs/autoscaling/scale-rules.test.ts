import { RabbitmqCluster } from '../../../constructs';
import { problemsOf, renderTasks } from '../../support/manifests';

const HOURS = { type: 'cron', timezone: 'UTC', start: '0 8 * * *', end: '0 18 * * *', replicas: 3 };
const CPU = { type: 'cpu', percent: 80 };
const AGE = { type: 'prometheus', serverAddress: 'http://prometheus:9090', query: 'age', threshold: 5 };

/** A group that scales between 1 and 9, with some options changed; its queue allows 30 s. */
const scale = (options: Record<string, unknown>) => ({
  workers: { general: { queues: ['small'], scale: { min: 1, max: 9, ...options } } },
});
const asleep = (options: Record<string, unknown>) => scale({ min: 0, ...options });
const lineOf = (at: string, got: string, rule: string) =>
  new RegExp(`^workers\\.general\\.scale\\.${at.replace(/[[\]]/g, '\\$&')}: got ${got} -> ${rule}.* -> .+$`);

describe('scale', () => {
  test.each<[props: Record<string, unknown>, at: string, got: string, rule: string]>([
    [scale({ protocol: 'https' }), 'protocol', '"https"', 'must be one of "http", "amqp"'],
    [scale({ mode: 'queueLength' }), 'mode', '"queueLength"', 'must be one of'],
    [scale({ messagesPerWorker: 0 }), 'messagesPerWorker', '0', 'must be a whole number from 1'],
    [scale({ messagesPerWorker: 1.5 }), 'messagesPerWorker', '1\\.5', 'must be a whole number'],
    [scale({ latencyTargetSeconds: 5 }), 'meanTaskSeconds', 'nothing', 'must be given with latencyTargetSeconds'],
    [scale({ meanTaskSeconds: 5 }), 'meanTaskSeconds', '5', 'has no effect without latencyTargetSeconds'],
    [scale({ latencyTargetSeconds: 1, meanTaskSeconds: 2 }), 'latencyTargetSeconds', '1', 'must not be under meanTaskSeconds \\(2\\)'],
    [
      scale({ latencyTargetSeconds: 60, meanTaskSeconds: 31 }),
      'meanTaskSeconds',
      '31',
      'must not be over the longest maxTaskSeconds \\(30\\)',
    ],
    [
      scale({ latencyTargetSeconds: 60, meanTaskSeconds: 2, messagesPerWorker: 4 }),
      'messagesPerWorker',
      '4',
      'must not be given together with latencyTargetSeconds',
    ],
    [scale({ latencyTargetSeconds: '60', meanTaskSeconds: 2 }), 'latencyTargetSeconds', '"60"', 'must be a number'],
    [scale({ latencyTargetSeconds: Number.NaN, meanTaskSeconds: 2 }), 'latencyTargetSeconds', 'null', 'must be a number'],

    [scale({ mode: 'MessageRate' }), 'meanTaskSeconds', 'nothing', "must be given with mode 'MessageRate'"],
    [asleep({ mode: 'MessageRate', meanTaskSeconds: 2 }), 'min', '0', "must be at least 1 with mode 'MessageRate'"],
    [scale({ mode: 'MessageRate', meanTaskSeconds: 2, protocol: 'amqp' }), 'protocol', '"amqp"', 'has no message rates'],
    [scale({ mode: 'MessageRate', meanTaskSeconds: 2, messagesPerWorker: 2 }), 'messagesPerWorker', '2', 'has no effect with mode'],
    [scale({ mode: 'MessageRate', meanTaskSeconds: 2, latencyTargetSeconds: 9 }), 'latencyTargetSeconds', '9', 'has no effect with mode'],

    [scale({ activationMessages: 5 }), 'activationMessages', '5', 'has no effect: the group never sleeps with min 1'],
    [scale({ pollingSeconds: 5 }), 'pollingSeconds', '5', 'has no effect: the group never sleeps'],
    [scale({ cooldownSeconds: 60 }), 'cooldownSeconds', '60', 'has no effect: the group never sleeps'],
    [asleep({ pollingSeconds: 0 }), 'pollingSeconds', '0', 'must be a whole number from 1'],
    [asleep({ cooldownSeconds: -1 }), 'cooldownSeconds', '-1', 'must be a whole number from 1'],
    [asleep({ activationMessages: -1 }), 'activationMessages', '-1', 'must be a whole number from 0'],

    [scale({ fallback: true }), 'fallback', 'true', 'must be one of false'],
    [scale({ fallback: { replicas: 10 } }), 'fallback.replicas', '10', 'must not be over max \\(9\\)'],
    [scale({ fallback: { failureThreshold: 0 } }), 'fallback.failureThreshold', '0', 'must be a whole number from 1'],
    [scale({ fallback: { behaviour: 'static' } }), 'fallback.behaviour', '"static"', 'is not a known key'],

    [scale({ pause: false }), 'pause', 'false', 'must be one of true, "scaleIn", "scaleOut"'],
    [scale({ pause: { replicas: 10 } }), 'pause.replicas', '10', 'must not be over max'],
    [scale({ pause: { replicas: 1, in: 1 } }), 'pause.in', '1', 'is not a known key'],

    [scale({ triggers: {} }), 'triggers', '\\{\\}', 'must be a list'],
    [scale({ triggers: ['cron'] }), 'triggers[0]', '"cron"', 'must be an object'],
    [scale({ triggers: [{ ...CPU, type: 'memory' }] }), 'triggers[0].type', '"memory"', 'must be one of "cron", "cpu", "prometheus"'],
    [scale({ triggers: [CPU, CPU] }), 'triggers[1]', '\\{.*\\}', 'is the second trigger of the CPU'],
    [scale({ triggers: [{ ...CPU, percent: 0 }] }), 'triggers[0].percent', '0', 'must be a whole number from 1 to 100'],
    [scale({ triggers: [{ ...HOURS, start: '8:00' }] }), 'triggers[0].start', '"8:00"', 'must have five fields'],
    [scale({ triggers: [{ ...HOURS, end: '0 8 * * *' }] }), 'triggers[0].end', '"0 8 \\* \\* \\*"', 'must not be the same as start'],
    [scale({ triggers: [{ ...HOURS, timezone: 'Mars/Base' }] }), 'triggers[0].timezone', '"Mars/Base"', 'must be a name of the IANA'],
    [scale({ triggers: [{ ...HOURS, replicas: 10 }] }), 'triggers[0].replicas', '10', 'must not be over max'],
    [scale({ triggers: [{ ...HOURS, replicas: 1 }] }), 'triggers[0].replicas', '1', 'has no effect: min is 1'],
    [scale({ triggers: [{ ...HOURS, desiredReplicas: 3 }] }), 'triggers[0].desiredReplicas', '3', 'is not a known key'],
    [scale({ triggers: [{ ...AGE, threshold: 0 }] }), 'triggers[0].threshold', '0', 'must be a number from 0.001'],
    [scale({ triggers: [{ ...AGE, query: ' ' }] }), 'triggers[0].query', '" "', 'must be a PromQL query'],
    [
      scale({ triggers: [{ ...AGE, serverAddress: 'prometheus:9090' }] }),
      'triggers[0].serverAddress',
      '"prometheus:9090"',
      'must be the addr',
    ],
    [
      scale({ triggers: [{ ...AGE, serverAddress: 'http://me:secret@prometheus' }] }),
      'triggers[0].serverAddress',
      '"\\(not shown\\)"',
      'must not hold a user or password',
    ],
  ])('refuses %j', (props, at, got, rule) => expect(problemsOf(props)).toEqual([expect.stringMatching(lineOf(at, got, rule))]));

  test('refuses an activation that full queues cannot reach', () => {
    const props = { ...asleep({ activationMessages: 100 }), queues: { small: { maxLength: 100 } } };
    expect(problemsOf(props)).toEqual([
      'workers.general.scale.activationMessages: got 100 -> must be under the maxLength of the queues (100), or nothing wakes the group -> lower it',
    ]);
    expect(() => renderTasks({ ...props, queues: { small: { maxLength: 101 } } })).not.toThrow();
  });

  test('takes what goes together', () =>
    expect(() =>
      renderTasks(
        asleep({ activationMessages: 5, pollingSeconds: 1, cooldownSeconds: 1, fallback: false, triggers: [HOURS, CPU, AGE] }) as never,
      ),
    ).not.toThrow());

  test.each([
    { scale: { min: 0, max: 1 }, replicas: 1 },
    { scale: { min: 0, max: 1 }, hpa: { min: 1, max: 2 } },
    { scale: { min: 0, max: 1 }, jobs: { max: 1 } },
    { hpa: { min: 1, max: 2 }, jobs: { max: 1 } },
    { jobs: { max: 1 }, replicas: 1 },
  ])('refuses two ways to count at once: %j', (counts) => {
    const [first, second] = Object.keys(counts);
    expect(problemsOf({ workers: { general: { queues: ['small'], ...counts } } })).toEqual([
      expect.stringMatching(new RegExp(`^workers\\.general\\.${second}: got .* -> must not be given together with ${first}`)),
    ]);
  });

  test('shows what is wrong beside a queue that is not declared', () =>
    expect(problemsOf({ workers: { general: { queues: ['smal'], scale: { min: 3, max: 2 } } } })).toHaveLength(2));

  test.each(['management_agent.disable_metrics_collector', 'management.disable_stats'])(
    'refuses %s: KEDA would read 0 for a full queue',
    (key) =>
      expect(problemsOf({ ...scale({}), broker: RabbitmqCluster.of({ configuration: { [key]: 'true' } }) })).toEqual([
        expect.stringMatching(/^broker\.configuration\."?m.*: got "true" -> is Warren's to set: KEDA and Flower ask the management API/),
      ]),
  );
});

test('refuses message rates from a broker that reports none', () => {
  const broker = RabbitmqCluster.of({ configuration: { 'management.rates_mode': 'none' } });
  expect(problemsOf({ ...scale({ mode: 'MessageRate', meanTaskSeconds: 2 }), broker })).toEqual([
    expect.stringMatching(
      /^workers\.general\.scale\.mode: got "MessageRate" -> needs message rates, which management\.rates_mode = none turns off/,
    ),
  ]);
  expect(() => problemsOf({ ...scale({}), broker })).toThrow('everything was accepted');
});

describe('budget', () => {
  const workers = {
    a: { queues: ['small'], concurrency: 8, scale: { min: 0, max: 10 } },
    b: { queues: ['large'], concurrency: 2, replicas: 3 },
    c: { queues: ['large'], hpa: { min: 1, max: 4 } },
    d: { queues: ['large'], jobs: { max: 5 } },
    e: { queues: ['large'] },
  };

  test('counts every group when it has its most', () => {
    expect(problemsOf({ workers, budget: { connections: 68, tasks: 95 } })).toEqual([
      'budget.connections: got 68 -> is less than the 69 connections of all workers (a 30 + b 9 + c 12 + d 15 + e 3) -> lower max, or raise it',
      'budget.tasks: got 95 -> is less than the 96 tasks of all workers (a 80 + b 6 + c 4 + d 5 + e 1) -> lower max, or raise it',
    ]);
    expect(() => renderTasks({ workers, budget: { connections: 69, tasks: 96 } })).not.toThrow();
  });

  test.each([
    [{ connections: 0 }, /^budget\.connections: got 0 -> /],
    [{ tasks: 1.5 }, /^budget\.tasks: got 1\.5 -> /],
    [{ workers: 5 }, /^budget\.workers: got 5 -> is not a known key/],
  ])('refuses %j', (budget, line) => expect(problemsOf({ budget })).toEqual([expect.stringMatching(line)]));
});
