import { RabbitmqCluster } from '../../../constructs';
import { find, type Manifest, renderTasks } from '../../support/manifests';
import { brokenReferences } from '../../support/references';

const RENDERED = renderTasks({
  broker: RabbitmqCluster.of({ tls: { certManager: { issuer: 'internal' } } }),
  flower: {},
  workers: { all: { queues: ['small', 'large'], scale: { min: 0, max: 9 } } },
});
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tasks-test' } };
const WORKER = 'Deployment/tasks-worker-all';

/** One test for each way in which TLS can be broken in a manifest that Kubernetes would take. */
test.each<[broken: string, kind: string, name: string, change: (object: any) => void, problem: string]>([
  [
    'a worker that is not told whom to trust',
    'Deployment',
    'tasks-worker-all',
    ({ spec }) => drop(spec.template.spec.containers[0].env, 'WARREN_BROKER_TLS_CA'),
    `${WORKER}: worker is not told whom to trust`,
  ],
  [
    'a worker that sees the key',
    'Deployment',
    'tasks-worker-all',
    ({ spec }) => delete spec.template.spec.volumes.find(({ name }: any) => name === 'broker-ca').secret.items,
    `${WORKER}: sees the key of Secret/tasks-broker-tls`,
  ],
  [
    'authorities that are mounted under another name',
    'Deployment',
    'tasks-worker-all',
    ({ spec }) => (spec.template.spec.volumes.find(({ name }: any) => name === 'broker-ca').secret.items[0].path = 'ca.pem'),
    `${WORKER}: WARREN_BROKER_TLS_CA of worker points to /etc/warren/broker-ca/ca.crt, but Secret/tasks-broker-tls has no ca.crt`,
  ],
  [
    'a Flower that asks the management API with other authorities',
    'Deployment',
    'tasks-flower',
    ({ spec }) => drop(spec.template.spec.containers[0].env, 'SSL_CERT_FILE'),
    "Deployment/tasks-flower: Flower's settings are not of one mind about TLS",
  ],
  [
    'authorities that KEDA does not look at',
    'TriggerAuthentication',
    'tasks-worker-all',
    ({ spec }) => delete spec.configMapTargetRef,
    'ScaledObject/tasks-worker-all: gives KEDA authorities without tls: enable',
  ],
  [
    'a certificate without a name that clients use',
    'Certificate',
    'tasks-broker',
    ({ spec }) => (spec.dnsNames = spec.dnsNames.filter((name: string) => !name.endsWith('nodes.tasks-test.svc'))),
    'Certificate/tasks-broker: is not for *.tasks-broker-nodes.tasks-test.svc',
  ],
  [
    'a certificate that nobody mounts',
    'Certificate',
    'tasks-broker',
    ({ spec }) => (spec.secretName = 'elsewhere'),
    'Certificate/tasks-broker: nobody mounts Secret/elsewhere',
  ],
])('finds %s', (_, kind, name, change, problem) => {
  const objects: Manifest[] = structuredClone(RENDERED);
  change(find(objects, kind, name));
  expect(brokenReferences([NAMESPACE, ...objects])).toContain(problem);
});

test('finds nothing else', () => expect(brokenReferences([NAMESPACE, ...RENDERED])).toEqual([]));

function drop(list: { name: string }[], name: string): void {
  const index = list.findIndex((each) => each.name === name);
  if (index < 0) throw new Error(`no ${name}`);
  list.splice(index, 1);
}
