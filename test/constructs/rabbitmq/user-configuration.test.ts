import { brokerProblems, renderBroker, statefulSetOf } from '../../support/broker-objects';
import { fileOf } from '../../support/manifests';

const problemsWith = (configuration: Record<string, unknown>, version = '4.3') => brokerProblems({ configuration, version });

describe('configuration of RabbitmqCluster', () => {
  test('stands in a file of its own', () => {
    const objects = renderBroker({ configuration: { channel_max: '128', 'log.console.formatter': 'json' } });
    expect(fileOf(objects, 'tasks-broker-config', 'user.conf')).toBe('channel_max = 128\nlog.console.formatter = json\n');
    expect(fileOf(objects, 'tasks-broker-config', 'rabbitmq.conf')).toBe(fileOf(renderBroker(), 'tasks-broker-config', 'rabbitmq.conf'));
  });

  test('comes after all other files, and so wins', () => {
    const script = fileOf(renderBroker(), 'tasks-broker-config', 'start.sh');
    const files = [...script.matchAll(/"\$RABBITMQ_CONFIG_FILES\/(\S+\.conf)"/g)].map(([, file = '']) => file);
    for (const file of files) expect(file <= '90-user.conf').toBe(true);
    expect(script).toContain('cp "$CONFIG_DIR/user.conf" "$RABBITMQ_CONFIG_FILES/90-user.conf"');
  });

  test('restarts the nodes when it changes', () => {
    const checksum = (objects: Parameters<typeof statefulSetOf>[0]) =>
      statefulSetOf(objects).template.metadata.annotations['warren/checksum'];
    expect(checksum(renderBroker({ configuration: { channel_max: '128' } }))).not.toBe(checksum(renderBroker()));
  });

  test.each([
    'channel_max',
    'heartbeat',
    'max_message_size',
    'log.console.level',
    'log.connection.level',
    'management.tcp.idle_timeout',
    'management.rates_mode',
    'credential_validator.min_length',
    'credentials_obfuscation.enabled',
    'ssl_options.bypass_pem_cache',
    'management.oauth_token_endpoint_params.audience',
    'auth_backends.1',
    'prometheus.return_per_object_metrics',
    'cluster_queue_limit',
    'deprecated_features.permit.global_qos',
  ])('takes %s', (key) => expect(() => renderBroker({ configuration: { [key]: '1' } })).not.toThrow());

  test.each([
    ['listeners.tcp.default', 'Services and probes'],
    ['listeners.ssl.default', 'Services and probes'],
    ['management.tcp.port', 'Services and probes'],
    ['management.listener.port', 'Services and probes'],
    ['prometheus.tcp.port', 'Services and probes'],
    ['prometheus.path', 'Prometheus'],
    ['management.path_prefix', 'Flower'],
    ['cluster_name', 'find each other'],
    ['cluster_formation.k8s.seed_node', 'find each other'],
    ['definitions.skip_if_unchanged', 'rendered definitions'],
    ['load_definitions', 'rendered definitions'],
    ['management.load_definitions', 'rendered definitions'],
    ['default_user', 'users come from Secrets'],
    ['default_users.guest.tags', 'users come from Secrets'],
    ['default_vhost', 'users come from Secrets'],
    ['anonymous_login_user', 'users come from Secrets'],
    ['auth_mechanisms.3', 'users come from Secrets'],
    ['loopback_users.guest', 'users come from Secrets'],
    ['vm_memory_high_watermark.relative', 'memory of the container'],
    ['total_memory_available_override_value', 'memory of the container'],
    ['disk_free_limit.absolute', 'memory and storage'],
    ['default_queue_type', 'quorum queues'],
    ['quorum_queue.property_equivalence.relaxed_checks_on_redeclaration', 'Celery'],
    ['quorum_queue.continuous_membership_reconciliation.enabled', 'lost a member'],
    ['raft.data_dir', 'volume'],
    ['log.console', 'console'],
    ['log.file', 'console'],
    ['log.file.level', 'console'],
    ['log.connection.file', 'console'],
    ['log.dir', 'console'],
    ['management_agent.disable_metrics_collector', 'KEDA'],
    ['management.disable_stats', 'KEDA'],
    ['management.disable_basic_auth', 'KEDA'],
    ['management.oauth_disable_basic_auth', 'KEDA'],
    ['consumer_timeout', 'longest task'],
    ['deprecated_features.permit.transient_nonexcl_queues', 'option'],
  ])('refuses %s, which the system sets, and says why', (key, reason) =>
    expect(problemsWith({ [key]: '1' })).toEqual([
      expect.stringMatching(new RegExp(`^broker\\.configuration\\..*: got "1" -> is Warren's to set: .*${reason}.* -> \\w+`)),
    ]),
  );

  test.each([
    ['4.2', "is Warren's to set: pause_minority keeps the majority in charge"],
    ['4.3', 'has no effect: the metadata store of this release line settles partitions by majority'],
    ['4.4', 'has no effect: the metadata store of this release line settles partitions by majority'],
  ])('refuses partition handling on %s, because it %s', (version, reason) =>
    expect(problemsWith({ cluster_partition_handling: 'autoheal' }, version)).toEqual([
      `broker.configuration.cluster_partition_handling: got "autoheal" -> ${reason} -> remove it`,
    ]),
  );

  test.each([
    ['default_pass', 'four'],
    ['ssl_options.password', 'four'],
    ['auth_ldap.dn_lookup_bind.password', 'four'],
    ['management.oauth_client_secret', 'four'],
    ['management.credential_encryption_secret', 'four'],
    ['stomp.default_pass', 'four'],
    ['cluster_formation.consul.acl_token', 'four'],
    ['cluster_formation.aws.secret_key', 'four'],
    ['ssl_options.key.RSAPrivateKey', 'four'],
    ['auth_http.user_path', 'https://me:four@auth.example.com/user'],
    ['ssl_options.cert', '-----BEGIN four'],
    ['tracing.dir', 'encrypted:four'],
  ])('refuses the secret in %s without showing it', (key, value) => {
    const [line = '', ...more] = problemsWith({ [key]: value });
    expect(line).toMatch(/: got "\(not shown\)" -> looks like a secret/);
    expect(line).not.toContain('four');
    expect(more).toEqual([]);
  });

  test.each<[problem: string, configuration: Record<string, unknown>, line: RegExp]>([
    ['a line break', { channel_max: '1\ndefault_pass = x' }, /^broker\.configuration\.channel_max: .* -> must be one line of text/],
    ['a number', { channel_max: 128 }, /^broker\.configuration\.channel_max: got 128 -> must be one line of text/],
    ['no value', { channel_max: '' }, /^broker\.configuration\.channel_max: got "" -> must be one line/],
    ['a key with spaces', { 'channel max': '1' }, /^broker\.configuration\."channel max": .* -> must be a key of rabbitmq\.conf/],
    ['a key that is two', { 'a = b\nc': '1' }, /must be a key of rabbitmq\.conf/],
  ])('refuses %s', (_, configuration, line) => expect(problemsWith(configuration)).toEqual([expect.stringMatching(line)]));
});
