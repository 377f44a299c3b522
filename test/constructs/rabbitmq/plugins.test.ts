import { enabledPlugins, PLUGINS, SHIPPED_PLUGINS } from '../../../constructs/rabbitmq/plugins';
import { brokerProblems, renderBroker } from '../../support/broker-objects';
import { fileOf } from '../../support/manifests';

describe('enabledPlugins', () => {
  test('is an Erlang list with a full stop', () =>
    expect(enabledPlugins([])).toBe('[rabbitmq_management,rabbitmq_peer_discovery_k8s,rabbitmq_prometheus].\n'));

  test('adds what is asked for to what is needed, once', () =>
    expect(enabledPlugins(['rabbitmq_shovel', 'rabbitmq_management'])).toBe(
      '[rabbitmq_management,rabbitmq_peer_discovery_k8s,rabbitmq_prometheus,rabbitmq_shovel].\n',
    ));
});

describe('plugins of RabbitmqCluster', () => {
  test('are enabled', () =>
    expect(fileOf(renderBroker({ plugins: ['rabbitmq_stream'] }), 'tasks-broker-config', 'enabled_plugins')).toContain(
      ',rabbitmq_stream]',
    ));

  test('may be any of an image of your own', () =>
    expect(() => renderBroker({ image: 'hub.example.com/broker:1', plugins: ['my_exchange'] })).not.toThrow());

  test('are listed once', () => expect(new Set([...PLUGINS, ...SHIPPED_PLUGINS]).size).toBe(PLUGINS.length + SHIPPED_PLUGINS.length));

  test.each<[problem: string, plugins: unknown, line: RegExp]>([
    ['a misspelt plugin', ['rabbitmq_shovl'], /^broker\.plugins\[0\]: got "rabbitmq_shovl" -> .* -> did you mean "rabbitmq_shovel"\?$/],
    ['a plugin of somebody else', ['rabbitmq_delayed_message_exchange'], /^broker\.plugins\[0\]: .* -> is not in the official image -> /],
    ['a plugin twice', ['rabbitmq_top', 'rabbitmq_top'], /^broker\.plugins\[1\]: got "rabbitmq_top" -> is in the list already/],
    ['Erlang', ['a].\n[b'], /^broker\.plugins\[0\]: .* -> must be the name of a plugin/],
    ['text', 'rabbitmq_top', /^broker\.plugins: got "rabbitmq_top" -> must be a list/],
  ])('refuses %s', (_, plugins, line) => expect(brokerProblems({ plugins })).toEqual([expect.stringMatching(line)]));
});
