import { App, Chart } from 'cdk8s';
import { bySize, RabbitmqCluster, TaskCluster } from '../../constructs';

/*
 * Each case is wrong twice: `tsc -p test` needs the `@ts-expect-error` (the editor shows the mistake), and the program refuses it, too.
 */
const chart = () => new Chart(new App(), 'test', { namespace: 'tasks-test' });
const image = 'registry.example.com/worker:1.0.0';
const queues = { small: {}, large: {} };

describe('TaskCluster', () => {
  test('takes declared queues in workers and routes', () => {
    const build = () =>
      new TaskCluster(chart(), 'Tasks', {
        image,
        queues,
        routes: { 'tasks.add': 'small', 'tasks.lcs': bySize({ overBytes: 10, to: 'large', otherwise: 'small' }) },
        workers: { general: { queues: ['small', 'large'] } },
      });
    expect(build).not.toThrow();
  });

  test('refuses a worker group with an undeclared queue', () => {
    const build = () =>
      new TaskCluster(chart(), 'Tasks', {
        image,
        queues,
        workers: {
          general: {
            queues: [
              // @ts-expect-error not a declared queue
              'smal',
            ],
          },
        },
      });
    expect(build).toThrow('workers.general.queues[0]: got "smal"');
  });

  test('refuses a route to an undeclared queue', () => {
    const build = () =>
      new TaskCluster(chart(), 'Tasks', {
        image,
        queues,
        routes: {
          // @ts-expect-error not a declared queue
          'tasks.add': 'larg',
        },
        workers: { general: { queues: ['small'] } },
      });
    expect(build).toThrow('routes."tasks.add": got "larg"');
  });

  test('refuses an undeclared queue on either side of a size route', () => {
    const build = () =>
      new TaskCluster(chart(), 'Tasks', {
        image,
        queues,
        routes: {
          // @ts-expect-error not a declared queue
          'tasks.lcs': bySize({ overBytes: 10, to: 'larg', otherwise: 'small' }),
          // @ts-expect-error not a declared queue
          'tasks.add': bySize({ overBytes: 10, to: 'large', otherwise: 'smal' }),
        },
        workers: { general: { queues: ['small'] } },
      });
    expect(build).toThrow(/"tasks\.lcs"\.to: got "larg" [^]*"tasks\.add"\.otherwise: got "smal"/);
  });

  test('refuses a queue option that does not exist', () => {
    const build = () =>
      new TaskCluster(chart(), 'Tasks', {
        image,
        queues: {
          small: {
            // @ts-expect-error not an option of a queue
            maxTaskSecond: 30,
          },
        },
        workers: { general: { queues: ['small'] } },
      });
    expect(build).toThrow('did you mean "maxTaskSeconds"?');
  });

  test('refuses a broker with an even number of nodes', () => {
    const broker = RabbitmqCluster.of({
      // @ts-expect-error 2 nodes survive no more losses than 1
      nodes: 2,
    });
    expect(broker.validate('broker', [])).toHaveLength(1);
  });
});
