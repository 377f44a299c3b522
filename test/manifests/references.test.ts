import { bySize, RabbitmqCluster, type TaskClusterProps } from '../../constructs';
import { ENVIRONMENTS, loadEnvironment, NAMESPACE, renderTasks } from '../support/manifests';
import { EPHEMERAL, EVERY_OPTION } from '../support/every-option';
import { brokenReferences } from '../support/references';

/** Declarations that main.ts does not use. */
const VARIANTS: [what: string, props: Partial<TaskClusterProps>][] = [
  ['the defaults', {}],
  ['RabbitMQ 4.2', { broker: RabbitmqCluster.of({ version: '4.2' }) }],
  ['no network policies', { flower: {}, networkPolicies: { enabled: false } }],
  [
    'peers of every kind',
    { flower: {}, networkPolicies: { producers: [{}], flowerClients: [{ namespace: 'ingress' }], workerEgress: [{ cidr: '0.0.0.0/0' }] } },
  ],
  ['no shrink guard', { broker: RabbitmqCluster.of({ shrinkGuard: false }) }],
  ['a single node', { broker: RabbitmqCluster.of({ nodes: 1 }) }],
  ['every option', EVERY_OPTION],
  ['a node without a volume claim', EPHEMERAL],
  ['RabbitMQ 4.4', { broker: RabbitmqCluster.of({ version: '4.4' }) }],
  ['seven nodes', { broker: RabbitmqCluster.of({ nodes: 7 }) }],
  ['other names', { name: 'jobs', virtualHost: 'team/jobs', flower: {} }],
  ['one group on several queues', { workers: { all: { queues: ['small', 'large'], concurrency: 4, scale: { min: 1, max: 9 } } } }],
  ['two groups on one queue', { workers: { a: { queues: ['small'] }, b: { queues: ['small'], scale: { min: 0, max: 1 } } } }],
  [
    'names with every letter that is allowed',
    {
      queues: { 'a.b-c_d:e': {}, Z9: {} },
      routes: { 'tasks.x': bySize({ overBytes: 1, to: 'Z9', otherwise: 'a.b-c_d:e' }) },
      workers: { 'w-1': { queues: ['a.b-c_d:e', 'Z9'], scale: { min: 0, max: 1 } } },
    },
  ],
];

describe('brokenReferences', () => {
  test.each(ENVIRONMENTS)('finds none in %s', (environment) => expect(brokenReferences(loadEnvironment(environment))).toEqual([]));

  test.each(VARIANTS)('finds none with %s', (_, props) => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    expect(brokenReferences([namespace, ...renderTasks(props)])).toEqual([]);
  });
});
