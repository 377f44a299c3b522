import { ExternalBroker, type ExternalBrokerOptions, type ExternalBrokerTls, RabbitmqCluster } from '../../../constructs';
import { secretsOf } from '../../../tools/secrets';
import { environmentOf, fileOf, find, type Manifest, problemsOf, renderTasks, taskCluster } from '../../support/manifests';

const OPTIONS: ExternalBrokerOptions = {
  hosts: ['a.example.com:5672', 'b.example.com:5672'],
  managementUrl: 'http://a.example.com:15672/',
};
const scale = { min: 0, max: 3 };
const render = (options: Partial<ExternalBrokerOptions> = {}): Manifest[] =>
  renderTasks({ broker: ExternalBroker.of({ ...OPTIONS, ...options }), flower: {}, workers: { general: { queues: ['small'], scale } } });

/** Names of the Secrets that pods and autoscalers log in with. */
const loginsOf = (objects: Manifest[]) => ({
  worker: secretIn(objects, 'tasks-worker-general'),
  flower: secretIn(objects, 'tasks-flower'),
  keda: find(objects, 'TriggerAuthentication', 'tasks-worker-general').spec.secretTargetRef[0].name,
});
const secretIn = (objects: Manifest[], deployment: string) =>
  find(objects, 'Deployment', deployment).spec.template.spec.volumes.find(({ name }: any) => name === 'broker-user').secret.secretName;
const definitionsOf = (objects: Manifest[]) => JSON.parse(fileOf(objects, 'tasks-broker-definitions', 'definitions.json'));

describe('ExternalBroker', () => {
  test('renders nothing of the broker but what its owner imports', () => {
    const objects = render();
    expect(
      objects.filter(({ metadata }) => metadata.name.startsWith('tasks-broker')).map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    ).toEqual(['ConfigMap/tasks-broker-definitions']);
  });

  test('leads workers, autoscalers and Flower to it', () => {
    const objects = render();
    const [worker] = find(objects, 'Deployment', 'tasks-worker-general').spec.template.spec.containers;
    expect(environmentOf(worker)['WARREN_BROKER_HOSTS']).toBe('a.example.com:5672,b.example.com:5672');
    expect(find(objects, 'ScaledObject', 'tasks-worker-general').spec.triggers[0].metadata.host).toBe('http://a.example.com:15672/');
    expect(fileOf(objects, 'tasks-flower-config', 'celeryconfig.py')).toContain('@a.example.com:5672/tasks"');
    expect(fileOf(objects, 'tasks-flower-config', 'flowerconfig.py')).toContain('@a.example.com:15672/api/"');
  });

  test('has the definitions of our own cluster, without the administrator', () => {
    const own = JSON.parse(fileOf(renderTasks({ broker: RabbitmqCluster.of() }), 'tasks-broker-config', 'definitions.json'));
    const external = definitionsOf(render());
    const others = (list: { name?: string; user?: string }[]) => list.filter(({ name, user }) => (name ?? user) !== 'admin');
    expect(external).toEqual({ ...own, users: others(own.users), permissions: others(own.permissions) });
  });

  test('names Secrets as our own cluster does', () => {
    expect(loginsOf(render())).toEqual({ worker: 'tasks-broker-worker-general', flower: 'tasks-broker-flower', keda: 'tasks-broker-keda' });
    expect(taskCluster({ broker: ExternalBroker.of(OPTIONS) }).broker.secrets.map(({ name }) => name)).toEqual([
      'tasks-broker-worker-general',
      'tasks-broker-producer',
      'tasks-broker-flower',
      'tasks-broker-keda',
    ]);
  });

  test('takes other Secrets by user', () => {
    const objects = render({ secrets: { 'worker-general': 'team-a', keda: 'team-b' } });
    expect(loginsOf(objects)).toEqual({ worker: 'team-a', flower: 'tasks-broker-flower', keda: 'team-b' });
    expect(fileOf(objects, 'tasks-broker-definitions', 'import.sh')).toContain('\nworker-general team-a\n');
  });

  test('takes one Secret for all, and then knows no users', () => {
    const objects = render({ secret: 'cloud-broker' });
    expect(loginsOf(objects)).toEqual({ worker: 'cloud-broker', flower: 'cloud-broker', keda: 'cloud-broker' });
    expect(definitionsOf(objects)).toMatchObject({ users: [], permissions: [], queues: expect.arrayContaining([]) });
    expect(fileOf(objects, 'tasks-broker-definitions', 'import.sh')).not.toContain('hashes.sh');
  });

  test('makes up no password for a Secret that the owner of the broker gives', () =>
    expect(secretsOf(render({ secret: 'cloud-broker' })).map(({ metadata }) => metadata.name)).toEqual(['tasks-flower-login']));

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['no hosts', { hosts: [] }, /^broker\.hosts: got \[\] -> must have at least 1 entry/],
    ['one host as text', { hosts: 'a.example.com:5672' }, /^broker\.hosts: got "a.example.com:5672" -> must be a list/],
    [
      'a host without a port',
      { hosts: ['a.example.com'] },
      /^broker\.hosts\[0\]: got "a\.example\.com" -> must be host:port -> write "broker/,
    ],
    ['a port over 65535', { hosts: ['a:70000'] }, /^broker\.hosts\[0\]: got "a:70000" -> must be host:port/],
    ['a host twice', { hosts: ['a:1', 'a:1'] }, /^broker\.hosts\[1\]: got "a:1" -> is in the list already/],
    [
      'a URL for a host',
      { hosts: ['amqp://a.example.com/v'] },
      /^broker\.hosts\[0\]: .* without a scheme -> write "a\.example\.com:5672"$/,
    ],
    [
      'a login in a host',
      { hosts: ['guest:guest@a:5672'] },
      /^broker\.hosts\[0\]: got "\.\.\.@a:5672" -> must not hold a user or password/,
    ],
    [
      'a login in a URL for a host',
      { hosts: ['amqp://me:pw@a:5672'] },
      /^broker\.hosts\[0\]: got "amqp:\/\/\.\.\.@a:5672" -> must not hold/,
    ],
    [
      'the TLS port',
      { hosts: ['a:5671'] },
      /^broker\.hosts\[0\]: got "a:5671" -> must not be a TLS address while tls is not set -> set tls: /,
    ],
    ['no management URL', { managementUrl: undefined }, /^broker\.managementUrl: got nothing -> must be the root of the management API/],
    ['another scheme', { managementUrl: 'amqp://a/' }, /^broker\.managementUrl: got "amqp:\/\/a\/" -> must be the root/],
    ['https', { managementUrl: 'https://a:15671/' }, /^broker\.managementUrl: got "https:\/\/a:15671\/" -> must not be a TLS address/],
    [
      'a login in the URL',
      { managementUrl: 'http://me:pw@a/' },
      /^broker\.managementUrl: got "http:\/\/\.\.\.@a\/" -> must not hold a user/,
    ],
    [
      'a URL of something else',
      { managementUrl: 'http://a/api/x' },
      /^broker\.managementUrl: got .* -> must end with "\/" -> write "http:\/\/a\/"$/,
    ],
    [
      'a Secret for nobody',
      { secrets: { 'worker-genral': 'x' } },
      /^broker\.secrets\.worker-genral: .* -> did you mean "worker-general"\?$/,
    ],
    [
      'a Secret for the administrator',
      { secrets: { admin: 'x' } },
      /^broker\.secrets\.admin: got "admin" -> is not a user of this task system/,
    ],
    ['no name of a Secret', { secrets: { keda: 'My Secret' } }, /^broker\.secrets\.keda: got "My Secret" -> must be the name of a Secret/],
    ['both kinds of Secrets', { secret: 'x', secrets: {} }, /^broker\.secret: got "x" -> must not be given together with secrets/],
    ['an unknown key', { host: 'a:5672' }, /^broker\.host: got "a:5672" -> is not a known key -> did you mean "hosts"\?$/],
  ])('refuses %s', (_, options, line) =>
    expect(problemsOf({ broker: ExternalBroker.of({ ...OPTIONS, ...options }) })).toEqual([expect.stringMatching(line)]),
  );

  describe('with tls', () => {
    const hosts = ['a.example.com:5671'];
    const managementUrl = 'https://a.example.com:15671/';
    const secured = (tls: ExternalBrokerTls) => render({ hosts, managementUrl, tls });
    const [own, system] = [secured({ caSecret: 'our-ca', caKey: 'bundle.pem' }), secured({})];
    const podOf = (objects: Manifest[], deployment: string) => find(objects, 'Deployment', deployment).spec.template.spec;
    const trustOf = (objects: Manifest[]) => environmentOf(podOf(objects, 'tasks-worker-general').containers[0])['WARREN_BROKER_TLS_CA'];

    test('tells workers whom to trust', () => {
      expect(trustOf(own)).toBe('/etc/warren/broker-ca/ca.crt');
      expect(podOf(own, 'tasks-worker-general').volumes).toContainEqual({
        name: 'broker-ca',
        secret: { secretName: 'our-ca', items: [{ key: 'bundle.pem', path: 'ca.crt' }] },
      });
      expect(trustOf(system)).toBe('system');
      expect(podOf(system, 'tasks-worker-general').volumes.map(({ name }: any) => name)).not.toContain('broker-ca');
      expect(trustOf(render())).toBeUndefined();
    });

    test('tells KEDA, but nothing where it trusts by itself', () => {
      const parametersOf = (objects: Manifest[]) => find(objects, 'TriggerAuthentication', 'tasks-worker-general').spec;
      expect(parametersOf(own)).toMatchObject({
        secretTargetRef: expect.arrayContaining([{ parameter: 'ca', name: 'our-ca', key: 'bundle.pem' }]),
        configMapTargetRef: [{ parameter: 'tls', name: 'tasks-worker-general-keda', key: 'tls' }],
      });
      expect(fileOf(own, 'tasks-worker-general-keda', 'tls')).toBe('enable');
      expect(parametersOf(system).secretTargetRef.map(({ parameter }: any) => parameter)).toEqual(['username', 'password']);
      expect(parametersOf(system)).not.toHaveProperty('configMapTargetRef');
      expect(find(system, 'ScaledObject', 'tasks-worker-general').spec.triggers[0].metadata.host).toBe(managementUrl);
    });

    test('tells Flower', () => {
      expect(fileOf(own, 'tasks-flower-config', 'celeryconfig.py')).toContain(
        'broker_use_ssl = {"ca_certs": "/etc/warren/broker-ca/ca.crt", "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}\n',
      );
      expect(fileOf(system, 'tasks-flower-config', 'celeryconfig.py')).toContain(
        'broker_use_ssl = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}\n',
      );
      expect(fileOf(render(), 'tasks-flower-config', 'celeryconfig.py')).not.toContain('ssl');
    });

    test('tells the script of its owner', () => {
      const scriptOf = (objects: Manifest[]) => fileOf(objects, 'tasks-broker-definitions', 'import.sh');
      expect(scriptOf(own)).toContain('value secret our-ca bundle.pem');
      expect(scriptOf(own)).toContain('curl --config - --cacert "$work/ca.crt" ');
      expect(scriptOf(system)).not.toContain('cacert');
    });

    test('lists the Secret, which nobody can make up', () =>
      expect(taskCluster({ broker: ExternalBroker.of({ hosts, managementUrl, tls: { caSecret: 'our-ca' } }) }).secrets).toContainEqual({
        name: 'our-ca',
        keys: { 'ca.crt': 'given' },
      }));

    test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
      [
        'the plain port',
        { hosts: ['a:5672'] },
        /^broker\.hosts\[0\]: got "a:5672" -> must be a TLS address: tls is set -> use the address/,
      ],
      ['a plain URL', { managementUrl: 'http://a:15672/' }, /^broker\.managementUrl: got "http:.*" -> must be a TLS address: tls is set/],
      ['a host with a scheme', { hosts: ['amqps://a'] }, /^broker\.hosts\[0\]: .* -> write "a:5671"$/],
      ['a key of no Secret', { tls: { caKey: 'ca.crt' } }, /^broker\.tls\.caKey: got "ca.crt" -> has no meaning without caSecret/],
      ['a bad name', { tls: { caSecret: 'Our CA' } }, /^broker\.tls\.caSecret: got "Our CA" -> must be the name of a Secret/],
      ['an unknown key', { tls: { ca: 'x' } }, /^broker\.tls\.ca: got "x" -> is not a known key/],
    ])('refuses %s', (_, options, line) =>
      expect(problemsOf({ broker: ExternalBroker.of({ hosts, managementUrl, tls: {}, ...options }) })).toEqual([
        expect.stringMatching(line),
      ]),
    );
  });

  test('never repeats a password that it refuses', () => {
    const options = { hosts: ['amqp://me:hunter2@a:5672/v', 'me:hunter2@a:5672'], managementUrl: 'http://me:hunter2@a:15672/' };
    expect(problemsOf({ broker: ExternalBroker.of(options) }).join('\n')).not.toContain('hunter2');
  });

  test.each(['[2001:db8::1]:5672', '10.0.0.7:5672', 'rabbit:5672', 'b-1.mq.eu-west-1.example.com:10000'])('takes the host %s', (host) =>
    expect(ExternalBroker.of({ ...OPTIONS, hosts: [host] }).validate('broker', [])).toEqual([]),
  );
});
