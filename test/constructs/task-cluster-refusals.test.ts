import { App, Chart } from 'cdk8s';
import { RabbitmqCluster, TaskCluster } from '../../constructs';
import { problemsIn, problemsOf } from '../support/manifests';

/** One worker group with one field changed. */
const group = (fields: Record<string, unknown>) => ({ workers: { general: { queues: ['small'], ...fields } } });

describe('TaskCluster', () => {
  test.each<[problem: string, props: Record<string, unknown>, line: RegExp]>([
    ['no image', { image: undefined }, /^image: got nothing -> must be an image reference -> /],
    ['an image without a tag', { image: 'worker' }, /^image: got "worker" -> must name a tag or a digest -> write "worker:1\.0\.0"$/],
    ['a moving image tag', { image: 'worker:latest' }, /^image: got "worker:latest" -> must not be the moving tag/],
    ['an unknown key', { worker: {} }, /^worker: got \{\} -> is not a known key -> did you mean "workers"\?$/],
    ['a name in upper case', { name: 'Tasks' }, /^name: got "Tasks" -> must be 1 to 40 of a-z/],
    ['no worker group', { workers: {} }, /^workers: got \{\} -> must have at least 1 entry -> add one$/],
    ['worker groups in a list', { workers: [] }, /^workers: got \[\] -> must be an object/],
    ['a group name in upper case', { workers: { General: { queues: ['small'] } } }, /^workers\.General: got "General" -> .* -> rename it/],
    ['a group without queues', group({ queues: [] }), /^workers\.general\.queues: got \[\] -> must have at least 1 entry/],
    ['an undeclared queue', group({ queues: ['smal'] }), /^workers\.general\.queues\[0\]: got "smal" -> .* -> did you mean "small"\?$/],
    ['an unknown key of a group', group({ concurency: 2 }), /^workers\.general\.concurency: got 2 -> .* -> did you mean "concurrency"\?$/],
    [
      'an undeclared broadcast',
      group({ broadcasts: ['reload'] }),
      /^workers\.general\.broadcasts\[0\]: got "reload" -> is not a declared broadcast/,
    ],
    ['a broadcast named like a queue', { broadcasts: ['small'] }, /^broadcasts\[0\]: got "small" -> is the name of a queue -> rename/],
    ['a broken topic', { queues: { small: { topics: ['order.*x'] } } }, /^queues\.small\.topics\[0\]: got "order\.\*x" -> must be words/],
    [
      'a redelivery delay with its ends exchanged',
      { queues: { small: { redeliveryDelay: { minSeconds: 9, maxSeconds: 3 } } } },
      /^queues\.small\.redeliveryDelay\.minSeconds: got 9 -> must not be over maxSeconds \(3\)/,
    ],
    [
      'a redelivery delay on a broker that has none',
      { broker: RabbitmqCluster.of({ version: '4.2' }), queues: { small: { redeliveryDelay: { minSeconds: 1, maxSeconds: 3 } } } },
      /^queues\.small\.redeliveryDelay: got .* -> needs RabbitMQ 4\.3 or newer -> /,
    ],
    ['concurrency 0', group({ concurrency: 0 }), /^workers\.general\.concurrency: got 0 -> must be a whole number from 1 to 2000/],
    ['half a task at once', group({ concurrency: 1.5 }), /^workers\.general\.concurrency: got 1\.5 -> /],
    ['a prefetch over 2000', group({ concurrency: 2001 }), /^workers\.general\.concurrency: got 2001 -> /],
    ['an unknown mode of remote control', group({ remoteControl: 'readonly' }), /^workers\.general\.remoteControl: got "readonly" -> /],
    ['task events that are no flag', group({ taskEvents: 'yes' }), /^workers\.general\.taskEvents: got "yes" -> /],
    ['negative replicas', group({ replicas: -1 }), /^workers\.general\.replicas: got -1 -> must be a whole number from 0/],
    [
      'replicas beside scale',
      group({ replicas: 2, scale: { min: 0, max: 1 } }),
      /^workers\.general\.replicas: got 2 -> .* together with scale/,
    ],
    ['min over max', group({ scale: { min: 3, max: 2 } }), /scale.*min.*: got 3 -> must not be over max \(2\) -> raise max or lower min$/],
    ['max 0', group({ scale: { min: 0, max: 0 } }), /^workers\.general\.scale\.max: got 0 -> must be a whole number from 1/],
    ['min under 0', group({ scale: { min: -1, max: 1 } }), /^workers\.general\.scale\.min: got -1 -> must be a whole number from 0/],
    ['a scale without max', group({ scale: { min: 1 } }), /^workers\.general\.scale\.max: got nothing -> must be a whole number/],
    [
      'an unknown key of a scale',
      group({ scale: { min: 0, max: 1, mx: 2 } }),
      /^workers\.general\.scale\.mx: got 2 -> .* -> did you mean "ma?[xi]n?"\?$/,
    ],
    ['bad CPU', group({ resources: { cpu: '1 core', memory: '1Gi' } }), /^workers\.general\.resources\.cpu: got "1 core" -> /],
    [
      'bad memory',
      group({ resources: { cpu: '1', memory: '1 GB' } }),
      /^workers\.general\.resources\.memory: got "1 GB" -> .* -> write "512Mi"/,
    ],
    ['resources with one half', group({ resources: { cpu: '1' } }), /^workers\.general\.resources\.memory: got nothing -> /],
    [
      'an unknown key of resources',
      group({ resources: { cpu: '1', memory: '1Gi', ram: 1 } }),
      /^workers\.general\.resources\.ram: got 1 -> /,
    ],
    ['a group image without a tag', group({ image: 'worker' }), /^workers\.general\.image: got "worker" -> must name a tag/],
    ['an unknown key of flower', { flower: { read_only: true } }, /^flower\.read_only: got true -> .* -> did you mean "readOnly"\?$/],
    ['a flag that is text', { flower: { readOnly: 'yes' } }, /^flower\.readOnly: got "yes" -> must be one of true, false/],
    ['a flower image without a tag', { flower: { image: 'mher/flower' } }, /^flower\.image: got "mher\/flower" -> must name a tag/],
  ])('refuses %s', (_, props, line) => expect(problemsOf(props)).toEqual([expect.stringMatching(line)]));

  test('refuses min over max under its own path', () =>
    expect(problemsOf(group({ scale: { min: 3, max: 2 } }))).toEqual([
      'workers.general.scale.min: got 3 -> must not be over max (2) -> raise max or lower min',
    ]));

  test('refuses a queue that a group names twice: its messages would count twice', () =>
    expect(problemsOf(group({ queues: ['small', 'small'] }))).toEqual([
      expect.stringMatching(/^workers\.general\.queues\[1\]: got "small" -> /),
    ]));

  test('refuses a list for the name of a queue', () =>
    expect(problemsOf(group({ queues: [['small']] }))).toEqual([
      expect.stringMatching(/^workers\.general\.queues\[0\]: got \["small"\] -> is not a declared queue/),
    ]));

  test('refuses options where a broker is expected', () =>
    expect(problemsOf({ broker: { nodes: 3 } })).toEqual([expect.stringMatching(/^broker: got \{"nodes":3\} -> .*RabbitmqCluster\.of/)]));

  test('refuses a group whose autoscaler would get a name over 63 characters', () => {
    const name = 'a'.repeat(40);
    expect(problemsOf({ name, workers: { general: { queues: ['small'] } } })).toEqual([
      expect.stringMatching(/^workers\.general: got "general" -> must have at most 6 characters .* -> shorten it or name$/),
    ]);
  });

  test('refuses a chart without a namespace', () => {
    const smallest = { image: 'worker:1', queues: { small: {} }, workers: { general: { queues: ['small' as const] } } };
    expect(problemsIn(() => new TaskCluster(new Chart(new App(), 'test'), 'Tasks', smallest))).toEqual([
      expect.stringMatching(/^namespace: got nothing -> must be given to the chart/),
    ]);
  });

  test('refuses a second task system of the same name in a chart', () => {
    const smallest = { image: 'worker:1', queues: { small: {} }, workers: { general: { queues: ['small' as const] } } };
    const chart = new Chart(new App(), 'test', { namespace: 'tasks' });
    new TaskCluster(chart, 'One', smallest);
    new TaskCluster(chart, 'Two', { ...smallest, name: 'other' });
    expect(problemsIn(() => new TaskCluster(chart, 'Three', smallest))).toEqual([
      expect.stringMatching(/^name: got "tasks" -> is the name of another/),
    ]);
  });

  test('refuses a broker image that collects no figures', () => {
    expect(problemsOf({ broker: RabbitmqCluster.of({ image: 'registry:5000/rabbitmq:4.3.6' }) })).toEqual([
      'broker.image: got "registry:5000/rabbitmq:4.3.6" -> must be a -management image (KEDA and Flower call the management API) -> write "registry:5000/rabbitmq:4.3.6-management"',
    ]);
    expect(() => problemsOf({ broker: RabbitmqCluster.of({ image: 'rabbitmq:4.3.6-management-alpine' }) })).toThrow(
      'everything was accepted',
    );
  });

  test('takes the longest group name that fits', () => {
    const workers = { sixsix: { queues: ['small'], scale: { min: 0, max: 1 } } };
    expect(() => problemsOf({ name: 'a'.repeat(40), workers })).toThrow('everything was accepted');
    expect(`keda-hpa-${'a'.repeat(40)}-worker-sixsix`).toHaveLength(63);
  });

  test('refuses everything that is wrong at once, under the path of each value', () => {
    const problems = problemsOf({
      image: 'worker',
      virtualHost: '',
      broker: RabbitmqCluster.of({ version: '4.3', storage: '1Gi' }),
      queues: { small: { priority: 40 }, 'amq.large': {} },
      routes: { 'tasks.add': 'tiny' },
      workers: { general: { queues: ['small', 'larg'], concurrency: 0 }, Heavy: { queues: [] } },
      flower: { image: 'mher/flower:latest' },
    });
    expect(new Set(problems.map((line) => line.split(': got ')[0]))).toEqual(
      new Set([
        'broker.storage',
        'flower.image',
        'image',
        'queues."amq.large"',
        'queues.small.priority',
        'routes."tasks.add"',
        'virtualHost',
        'workers.Heavy',
        'workers.Heavy.queues',
        'workers.general.concurrency',
        'workers.general.queues[1]',
      ]),
    );
    for (const line of problems) expect(line).toMatch(/^\S+: got .+ -> .+ -> .+$/);
  });
});
