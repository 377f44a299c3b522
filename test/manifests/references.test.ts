import { bySize, ExternalBroker, RabbitmqCluster, RabbitmqOperatorCluster, type TaskClusterProps } from '../../constructs';
import { operatorObjects } from '../support/cluster-operator';
import { ENVIRONMENTS, loadEnvironment, NAMESPACE, renderTasks } from '../support/manifests';
import { EPHEMERAL, EVERY_OPTION, OWN_OBJECTS, TLS_ONLY } from '../support/every-option';
import { brokenReferences } from '../support/references';

const ADDRESSES = { hosts: ['a.example.com:5672', 'b.example.com:5672'], managementUrl: 'http://a.example.com:15672/' };
const TLS_ADDRESSES = { hosts: ['a.example.com:5671'], managementUrl: 'https://a.example.com:15671/' };
/** A system in which every component logs in. */
const EVERYTHING = { flower: {}, workers: { all: { queues: ['small', 'large'], scale: { min: 0, max: 9 } } } };

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
  ['TLS and no plain port', TLS_ONLY],
  ['a certificate of cert-manager', { ...EVERYTHING, broker: RabbitmqCluster.of({ tls: { certManager: { issuer: 'i' } } }) }],
  ['TLS between nodes', { broker: RabbitmqCluster.of({ tls: { secret: 'our-tls', interNode: true } }) }],
  ['an external broker with a public certificate', { ...EVERYTHING, broker: ExternalBroker.of({ ...TLS_ADDRESSES, tls: {} }) }],
  [
    'an external broker with its own authority',
    { ...EVERYTHING, broker: ExternalBroker.of({ ...TLS_ADDRESSES, tls: { caSecret: 'c', caKey: 'k' } }) },
  ],
  ['the cluster operator and TLS', { ...EVERYTHING, broker: RabbitmqOperatorCluster.of({ tls: { secret: 'our-tls' } }) }],
  [
    'the cluster operator and both',
    { ...EVERYTHING, broker: RabbitmqOperatorCluster.of({ tls: { certManager: { issuer: 'i' }, plain: true } }) },
  ],
  ['RabbitMQ 4.4', { broker: RabbitmqCluster.of({ version: '4.4' }) }],
  ['seven nodes', { broker: RabbitmqCluster.of({ nodes: 7 }) }],
  ['an external broker', { ...EVERYTHING, broker: ExternalBroker.of(ADDRESSES) }],
  ['Secrets of its own for an external broker', { ...EVERYTHING, broker: ExternalBroker.of({ ...ADDRESSES, secrets: { keda: 'k' } }) }],
  ['one Secret for an external broker', { ...EVERYTHING, broker: ExternalBroker.of({ ...ADDRESSES, secret: 'cloud' }) }],
  ['the cluster operator', { ...EVERYTHING, broker: RabbitmqOperatorCluster.of() }],
  ['the cluster operator and one node', { ...EVERYTHING, broker: RabbitmqOperatorCluster.of({ nodes: 1 }) }],
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
    const objects = renderTasks(props);
    const made = objects.filter(({ kind }) => kind === 'RabbitmqCluster').flatMap(operatorObjects);
    expect(brokenReferences([namespace, ...OWN_OBJECTS, ...objects, ...made])).toEqual([]);
  });
});
