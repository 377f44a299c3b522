import { brokerProblems, renderBroker, serverOf } from '../../support/broker-objects';
import { environmentOf, fileOf, find, idOf, type Manifest } from '../../support/manifests';

const serviceOf = (objects: Manifest[], name: string) => find(objects, 'Service', name);
const BROKER_SERVICES = ['tasks-broker', 'tasks-broker-nodes', 'tasks-broker-external'];

describe('Services of RabbitmqCluster', () => {
  test('lets in nobody from outside unless told', () => {
    expect(renderBroker().map(idOf)).not.toContain('Service/tasks-broker-external');
    expect(serviceOf(renderBroker(), 'tasks-broker').spec).not.toHaveProperty('type');
  });

  test.each(['LoadBalancer', 'NodePort'] as const)('lets in clients from outside through a %s, to AMQP alone', (type) => {
    const objects = renderBroker({ service: { type, annotations: { 'example.com/scheme': 'internal' } } });
    const outside = serviceOf(objects, 'tasks-broker-external');
    expect(outside.spec.type).toBe(type);
    expect(outside.spec.ports.map((port: { name: string }) => port.name)).toEqual(['amqp']);
    expect(outside.metadata.annotations).toEqual({ 'example.com/scheme': 'internal' });
    expect(outside.spec.selector).toEqual(serviceOf(objects, 'tasks-broker').spec.selector);
    expect(serviceOf(objects, 'tasks-broker')).toEqual(serviceOf(renderBroker(), 'tasks-broker'));
  });

  test('annotates the Service inside', () =>
    expect(serviceOf(renderBroker({ service: { annotations: { 'example.com/a': 'b' } } }), 'tasks-broker').metadata.annotations).toEqual({
      'example.com/a': 'b',
    }));

  test('gives every Service the same IP families', () => {
    const objects = renderBroker({ service: { type: 'NodePort' }, ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] });
    for (const name of BROKER_SERVICES) {
      expect(serviceOf(objects, name).spec).toMatchObject({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] });
    }
    expect(environmentOf(serverOf(objects))).not.toHaveProperty('RABBITMQ_CTL_ERL_ARGS');
    expect(fileOf(objects, 'tasks-broker-config', 'rabbitmq.conf')).toContain('\nmanagement.tcp.ip = ::\n');
  });

  test.each([{}, { ipFamilyPolicy: 'SingleStack' }, { ipFamilies: ['IPv4'] }] as const)('asks no IPv6 of the kernel with %j', (options) =>
    expect(fileOf(renderBroker(options), 'tasks-broker-config', 'rabbitmq.conf')).not.toContain('::'),
  );

  test('makes Erlang talk IPv6 where there is nothing else', () => {
    const objects = renderBroker({ ipFamilies: ['IPv6'] });
    expect(environmentOf(serverOf(objects))).toMatchObject({
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inetrc '/etc/warren/broker/erl_inetrc' -proto_dist inet6_tcp",
      RABBITMQ_CTL_ERL_ARGS: '-proto_dist inet6_tcp',
    });
    expect(fileOf(objects, 'tasks-broker-config', 'erl_inetrc')).toBe('{inet6, true}.\n');
    expect(fileOf(objects, 'tasks-broker-config', 'rabbitmq.conf')).toContain('\nmanagement.tcp.ip = ::\n');
  });

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['an unknown type', { service: { type: 'ExternalName' } }, /^broker\.service\.type: got "ExternalName" -> must be one of "ClusterIP"/],
    ['a misspelt key', { service: { anotations: {} } }, /^broker\.service\.anotations: .* -> did you mean "annotations"\?$/],
    ['an annotation that is no text', { service: { annotations: { a: 1 } } }, /^broker\.service\.annotations\.a: got 1 -> must be text/],
    ['two families without a policy', { ipFamilies: ['IPv4', 'IPv6'] }, /^broker\.ipFamilyPolicy: got nothing -> must permit two families/],
    [
      'two families in a single stack',
      { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6', 'IPv4'] },
      /^broker\.ipFamilyPolicy: got "SingleStack" -> must permit two families .* -> use "PreferDualStack"/,
    ],
    [
      'a family twice',
      { ipFamilies: ['IPv6', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' },
      /^broker\.ipFamilies\[1\]: got "IPv6" -> is in the list/,
    ],
    ['no family', { ipFamilies: [] }, /^broker\.ipFamilies: got \[\] -> must have at least 1 entry/],
    ['an unknown family', { ipFamilies: ['ipv6'] }, /^broker\.ipFamilies\[0\]: got "ipv6" -> must be one of "IPv4", "IPv6"/],
    ['an unknown policy', { ipFamilyPolicy: 'DualStack' }, /^broker\.ipFamilyPolicy: got "DualStack" -> must be one of "SingleStack"/],
  ])('refuses %s', (_, options, line) => expect(brokerProblems(options)).toEqual([expect.stringMatching(line)]));
});
