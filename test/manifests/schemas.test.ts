import { EPHEMERAL, EVERY_OPTION, TLS_ONLY } from '../support/every-option';
import { ExternalBroker, RabbitmqOperatorCluster } from '../../constructs';
import { operatorObjects } from '../support/cluster-operator';
import { ENVIRONMENTS, find, loadEnvironment, type Manifest, renderTasks } from '../support/manifests';
import { certManagerSources, coreSchemas, customSchemas, kedaSources, operatorSources, type SchemaCheck } from '../support/schemas';

/** The oldest version that the manifests are for, and the newest that KEDA 2.20 supports. */
const MINORS = ['1.30', '1.35'];

const isCustom = ({ apiVersion }: Manifest) => apiVersion.startsWith('keda.sh/');
const isCertificate = ({ apiVersion }: Manifest) => apiVersion.startsWith('cert-manager.io/');
const EVERYTHING = renderTasks(EVERY_OPTION);

const OPERATED = renderTasks({ broker: RabbitmqOperatorCluster.of({ storageClass: 'fast' }) });
const EXTERNAL = renderTasks({ broker: ExternalBroker.of({ hosts: ['a:5672'], managementUrl: 'http://a:15672/' }) });
const isOperated = ({ kind }: Manifest) => kind === 'RabbitmqCluster';

type Change = [mistake: string, kind: string, name: string, change: (object: Manifest) => void, complaint: RegExp];

describe.each(MINORS)('Kubernetes %s', (minor) => {
  let check: SchemaCheck;
  beforeAll(async () => {
    check = await coreSchemas(minor);
  });

  test.each(ENVIRONMENTS)('takes every object of %s', (environment) => {
    const objects = loadEnvironment(environment).filter((object) => !isCustom(object));
    expect(objects.length).toBeGreaterThan(8);
    expect(objects.flatMap(check)).toEqual([]);
  });

  test.each([
    ['every option', EVERY_OPTION],
    ['a node without a volume claim', EPHEMERAL],
    ['TLS and no plain port', TLS_ONLY],
  ])('takes every object with %s', (_, props) =>
    expect(
      renderTasks(props)
        .filter((object) => !isCustom(object) && !isCertificate(object))
        .flatMap(check),
    ).toEqual([]),
  );

  test.each<Change>([
    [
      'an unknown field',
      'Deployment',
      'tasks-flower',
      (o) => (o.spec.replicass = 1),
      /\/spec must NOT have additional properties .*replicass/,
    ],
    [
      'an unknown field',
      'StatefulSet',
      'tasks-broker',
      (o) => (o.spec.podManagementPolicyy = 'Parallel'),
      /additional properties .*podManagementPolicyy/,
    ],
    [
      'an unknown field in a pod',
      'Deployment',
      'tasks-flower',
      (o) => (o.spec.template.spec.hostnetwork = true),
      /additional properties .*hostnetwork/,
    ],
    ['an unknown field of a port', 'Service', 'tasks-flower', (o) => (o.spec.ports[0].targetport = 1), /\/spec\/ports\/0 .*targetport/],
    ['an unknown field at the top', 'ConfigMap', 'tasks-topology', (o) => Object.assign(o, { spec: {} }), /additional properties .*spec/],
    [
      'a number for a text',
      'Deployment',
      'tasks-flower',
      (o) => (o.spec.template.spec.containers[0].env[0].value = 5),
      /env\/0\/value must be string/,
    ],
    ['a text for a number', 'StatefulSet', 'tasks-broker', (o) => (o.spec.replicas = '3'), /\/spec\/replicas must be integer/],
    [
      'an unknown field of a rule',
      'NetworkPolicy',
      'tasks-broker',
      (o) => (o.spec.ingress[0].from[0].podselector = {}),
      /ingress\/0\/from\/0 must NOT have additional properties .*podselector/,
    ],
    [
      'a text for a number',
      'NetworkPolicy',
      'tasks-broker',
      (o) => (o.spec.ingress.at(-1).ports.at(-1).endPort = '35682'),
      /\/endPort must be integer/,
    ],
    [
      'an unknown field',
      'ValidatingAdmissionPolicy',
      'tasks-broker.tasks-production.shrink-guard',
      (o) => (o.spec.validations[0].messageExpresion = ''),
      /validations\/0 must NOT have additional properties .*messageExpresion/,
    ],
    [
      'a missing expression',
      'ValidatingAdmissionPolicy',
      'tasks-broker.tasks-production.shrink-guard',
      (o) => delete o.spec.variables[0].expression,
      /variables\/0 must have required property 'expression'/,
    ],
    [
      'an unknown field',
      'ValidatingAdmissionPolicyBinding',
      'tasks-broker.tasks-production.shrink-guard',
      (o) => (o.spec.policy = 'x'),
      /\/spec must NOT have additional properties .*policy/,
    ],
    [
      'a missing name',
      'Deployment',
      'tasks-flower',
      (o) => delete o.spec.template.spec.containers[0].name,
      /must have required property 'name'/,
    ],
  ])('refuses %s in a %s', (_, kind, name, change, complaint) => {
    const object = structuredClone(find(loadEnvironment('production'), kind, name));
    change(object);
    expect(check(object)).toContainEqual(expect.stringMatching(complaint));
  });

  test('takes what surrounds a broker that somebody else runs', () =>
    expect([...EXTERNAL, ...OPERATED.filter((object) => !isOperated(object))].flatMap(check)).toEqual([]));

  test('takes the StatefulSet that our changes leave the cluster operator with', () =>
    expect(OPERATED.filter(isOperated).flatMap(operatorObjects).flatMap(check)).toEqual([]));

  test('refuses a kind that it does not have', () =>
    expect(check({ apiVersion: 'apps/v1beta1', kind: 'Deployment', metadata: { name: 'old' } })).toEqual([
      `Deployment/old: Kubernetes ${minor} has no Deployment in apps/v1beta1`,
    ]));
});

describe.each(kedaSources())('%s', (_, files) => {
  const check = customSchemas(files);

  test.each(ENVIRONMENTS)('takes every object of %s', (environment) => {
    const objects = loadEnvironment(environment).filter(isCustom);
    expect(objects.map(({ kind }) => kind)).toEqual(['TriggerAuthentication', 'ScaledObject', 'TriggerAuthentication', 'ScaledObject']);
    expect(objects.flatMap(check)).toEqual([]);
  });

  test('takes every way to scale', () => {
    expect(EVERYTHING.filter(isCustom).map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(
      expect.arrayContaining(['ScaledObject/tasks-worker-all', 'ScaledObject/tasks-worker-amqp', 'ScaledJob/tasks-worker-long']),
    );
    expect(EVERYTHING.filter(isCustom).flatMap(check)).toEqual([]);
  });

  test.each<Change>([
    [
      'an unknown field',
      'ScaledObject',
      'tasks-worker-all',
      (o) => (o.spec.minReplicaCnt = 1),
      /\/spec must NOT have additional properties .*minReplicaCnt/,
    ],
    [
      'an unknown field of a trigger',
      'ScaledObject',
      'tasks-worker-all',
      (o) => (o.spec.triggers[0].metrictype = 'Value'),
      /\/spec\/triggers\/0 .*metrictype/,
    ],
    [
      'a number in a trigger',
      'ScaledObject',
      'tasks-worker-all',
      (o) => (o.spec.triggers[0].metadata.value = 5),
      /metadata\/value must be string/,
    ],
    [
      'a text for a number',
      'ScaledObject',
      'tasks-worker-all',
      (o) => (o.spec.maxReplicaCount = '5'),
      /\/spec\/maxReplicaCount must be integer/,
    ],
    [
      'an unknown behaviour',
      'ScaledObject',
      'tasks-worker-all',
      (o) => (o.spec.fallback.behavior = 'panic'),
      /\/spec\/fallback\/behavior must be equal to one of/,
    ],
    [
      'an unknown strategy',
      'ScaledJob',
      'tasks-worker-long',
      (o) => (o.spec.scalingStrategy.strategy = 'lazy'),
      /\/spec\/scalingStrategy\/strategy must be equal to one of/,
    ],
    [
      'an unknown field of a Job',
      'ScaledJob',
      'tasks-worker-long',
      (o) => (o.spec.jobTargetRef.backofLimit = 1),
      /\/spec\/jobTargetRef must NOT have additional properties .*backofLimit/,
    ],
    ['no target', 'ScaledObject', 'tasks-worker-all', (o) => delete o.spec.scaleTargetRef, /must have required property 'scaleTargetRef'/],
    [
      'an unknown field of a reference',
      'TriggerAuthentication',
      'tasks-worker-all',
      (o) => (o.spec.secretTargetRef[0].secret = 'x'),
      /secretTargetRef\/0 .*"secret"/,
    ],
  ])('refuses %s in a %s', (_, kind, name, change, complaint) => {
    const object = structuredClone(find(EVERYTHING, kind, name));
    change(object);
    expect(check(object)).toContainEqual(expect.stringMatching(complaint));
  });
});

describe.each(operatorSources())('%s', (_, files) => {
  const check = customSchemas(files);
  const single = renderTasks({ broker: RabbitmqOperatorCluster.of({ nodes: 1 }) });

  test('takes a RabbitmqCluster', () => expect([...OPERATED, ...single].filter(isOperated).flatMap(check)).toEqual([]));

  test.each<Change>([
    [
      'an unknown field',
      'RabbitmqCluster',
      'tasks-broker',
      (o) => (o.spec.nodes = 3),
      /\/spec must NOT have additional properties .*nodes/,
    ],
    ['a text for a number', 'RabbitmqCluster', 'tasks-broker', (o) => (o.spec.replicas = '3'), /\/spec\/replicas must be integer/],
    [
      'an unknown field of the changes',
      'RabbitmqCluster',
      'tasks-broker',
      (o) => (o.spec.override.statefulSet.spec.templates = {}),
      /statefulSet\/spec .*templates/,
    ],
    [
      'no containers',
      'RabbitmqCluster',
      'tasks-broker',
      (o) => delete o.spec.override.statefulSet.spec.template.spec.containers,
      /must have required property 'containers'/,
    ],
  ])('refuses %s in a %s', (_, kind, name, change, complaint) => {
    const object = structuredClone(find(OPERATED, kind, name));
    change(object);
    expect(check(object)).toContainEqual(expect.stringMatching(complaint));
  });
});

describe.each(certManagerSources())('%s', (_, files) => {
  const check = customSchemas(files);

  test('takes a Certificate', () => {
    const certificates = EVERYTHING.filter(isCertificate);
    expect(certificates).toHaveLength(1);
    expect(certificates.flatMap(check)).toEqual([]);
  });

  test.each<Change>([
    [
      'an unknown field',
      'Certificate',
      'tasks-broker',
      (o) => (o.spec.dnsName = 'a'),
      /\/spec must NOT have additional properties .*dnsName/,
    ],
    ['no issuer', 'Certificate', 'tasks-broker', (o) => delete o.spec.issuerRef, /must have required property 'issuerRef'/],
    ['an unknown usage', 'Certificate', 'tasks-broker', (o) => (o.spec.usages = ['server']), /\/spec\/usages\/0 must be equal to one of/],
  ])('refuses %s in a %s', (_, kind, name, change, complaint) => {
    const object = structuredClone(find(EVERYTHING, kind, name));
    change(object);
    expect(check(object)).toContainEqual(expect.stringMatching(complaint));
  });
});
