import { resolveRelease } from '../../../constructs/rabbitmq/release';
import { brokerProblems, renderBroker, serverOf } from '../../support/broker-objects';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('resolveRelease', () => {
  test.each([
    [{}, '4.3.6', 'rabbitmq:4.3.6-management'],
    [{ version: '4.2' }, '4.2.10', 'rabbitmq:4.2.10-management'],
    [{ patch: '4.3.8' }, '4.3.8', 'rabbitmq:4.3.8-management'],
    [{ image: 'hub.example.com/rabbitmq:4.3.7-management' }, '4.3.7', 'hub.example.com/rabbitmq:4.3.7-management'],
    [{ image: 'hub.example.com/rabbitmq:4.3-management' }, '4.3.6', 'hub.example.com/rabbitmq:4.3-management'],
    [{ image: `rabbitmq:4.3.7-management@${DIGEST}` }, '4.3.7', `rabbitmq:4.3.7-management@${DIGEST}`],
    [{ image: 'hub.example.com/broker:1.2.3' }, '4.3.6', 'hub.example.com/broker:1.2.3'],
    [{ image: 'hub.example.com/broker:1.2.3', patch: '4.3.7' }, '4.3.7', 'hub.example.com/broker:1.2.3'],
  ] as const)('takes %j for patch %s in %s', (options, patch, image) => expect(resolveRelease(options)).toMatchObject({ patch, image }));

  test('takes the default image from the mirror, and no other', () => {
    const images = { registry: 'mirror.example.com/hub' };
    expect(resolveRelease({}, images).image).toBe('mirror.example.com/hub/rabbitmq:4.3.6-management');
    expect(resolveRelease({ image: 'rabbitmq:4.3.6-management' }, images).image).toBe('rabbitmq:4.3.6-management');
  });
});

describe('releaseProblems', () => {
  test.each<[problem: string, options: Record<string, unknown>, line: string]>([
    [
      'a patch with known holes',
      { patch: '4.3.5' },
      'broker.patch: got "4.3.5" -> has published security holes that 4.3.6 closes -> use 4.3.6, or set allowVulnerable: true for the time being',
    ],
    [
      'an image with known holes',
      { version: '4.2', image: 'rabbitmq:4.2.9-management' },
      'broker.image: got "rabbitmq:4.2.9-management" -> has published security holes that 4.2.10 closes -> use 4.2.10, or set allowVulnerable: true for the time being',
    ],
    [
      'an image of another line',
      { image: 'rabbitmq:4.2.10-management' },
      'broker.image: got "rabbitmq:4.2.10-management" -> is RabbitMQ 4.2.10, but version is "4.3" -> make them agree',
    ],
    [
      'an image of a line that is not supported',
      { image: 'rabbitmq:3.13-management' },
      'broker.image: got "rabbitmq:3.13-management" -> is RabbitMQ 3.13, but version is "4.3" -> make them agree',
    ],
    [
      'a patch of another line',
      { version: '4.2', patch: '4.3.6' },
      'broker.patch: got "4.3.6" -> is not a patch of version "4.2" -> use "4.2.10", or change version',
    ],
    [
      'a patch that is not in the image',
      { patch: '4.3.7', image: 'rabbitmq:4.3.6-management' },
      'broker.patch: got "4.3.7" -> is not what the image holds (4.3.6) -> leave it out',
    ],
    ['a line as a patch', { patch: '4.3' }, 'broker.patch: got "4.3" -> must be a patch release -> write it like "4.3.6"'],
  ])('refuses %s', (_, options, line) => expect(brokerProblems(options)).toEqual([line]));

  test('runs a patch with known holes when told so', () =>
    expect(serverOf(renderBroker({ patch: '4.3.5', allowVulnerable: true })).image).toBe('rabbitmq:4.3.5-management'));

  test('runs patches that came after Warren', () => expect(() => renderBroker({ patch: '4.3.12' })).not.toThrow());
});

describe('brokerProbes', () => {
  test('asks the health check where the release has it', () =>
    expect(serverOf(renderBroker({ version: '4.2', patch: '4.2.4', allowVulnerable: true })).startupProbe.httpGet).toEqual({
      path: '/api/health/checks/reached-target-cluster-size',
      port: 'management',
    }));

  test('asks with a command where it does not', () => {
    const { startupProbe } = serverOf(renderBroker({ version: '4.2', patch: '4.2.3', allowVulnerable: true }));
    expect(startupProbe).not.toHaveProperty('httpGet');
    expect(startupProbe.exec.command[2]).toMatch(/^rabbitmqctl .*reached_target_cluster_size.*\| grep/);
    expect(startupProbe.timeoutSeconds).toBeLessThanOrEqual(startupProbe.periodSeconds);
  });
});
