import type { ResultsOptions } from '../../constructs';
import { RESULTS_ENVIRONMENT } from '../../workers/environment';
import { SECRETS_ANNOTATION } from '../../constructs/task-cluster';
import { environmentOf, find, problemsOf, renderTasks } from '../support/manifests';

const results = (redis: Partial<ResultsOptions['redis']> = {}): ResultsOptions => ({
  redis: { host: 'redis.shop.svc', secret: 'our-redis', ...redis },
});
const podOf = (options?: ResultsOptions) =>
  find(renderTasks(options && { results: options }), 'Deployment', 'tasks-worker-general').spec.template.spec;
const environment = (options?: ResultsOptions) => environmentOf(podOf(options).containers[0]);
const egress = (options: ResultsOptions) =>
  find(renderTasks({ results: options }), 'NetworkPolicy', 'tasks-worker').spec.egress.filter(
    ({ ports }: any) => !ports?.some(({ port }: any) => port === 5672),
  );

describe('results', () => {
  test('go over rpc by default: nothing of a Redis is rendered', () => {
    expect(JSON.stringify(renderTasks())).not.toMatch(/redis/i);
    expect(environment()).not.toHaveProperty(RESULTS_ENVIRONMENT.backend);
  });

  test('in Redis: every worker is told where it is and what it is called, in variables that it reads', () => {
    expect(environment(results())).toMatchObject({
      WARREN_RESULT_BACKEND: 'redis',
      WARREN_REDIS_URL: 'redis://redis.shop.svc:6379/0',
      WARREN_REDIS_CREDENTIALS: '/etc/warren/redis',
    });
    expect(environment(results())).not.toHaveProperty('WARREN_RESULT_EXPIRES');
  });

  test('in Redis: every variable that a worker reads can be set', () =>
    expect(Object.keys(environment(results({ expireSeconds: 60 })))).toEqual(expect.arrayContaining(Object.values(RESULTS_ENVIRONMENT))));

  test.each<[Partial<ResultsOptions['redis']>, Record<string, string>]>([
    [{ tls: true, port: 6380, database: 3 }, { WARREN_REDIS_URL: 'rediss://redis.shop.svc:6380/3' }],
    [{ host: 'fd00::1' }, { WARREN_REDIS_URL: 'redis://[fd00::1]:6379/0' }],
    [{ expireSeconds: 0 }, { WARREN_RESULT_EXPIRES: '0' }],
  ])('%j is %j', (redis, variables) => expect(environment(results(redis))).toMatchObject(variables));

  test('mount the Secret, whole, so that a rotated password and an authority of its own are read', () => {
    const { volumes, containers } = podOf(results());
    expect(volumes).toContainEqual({ name: 'redis', secret: { secretName: 'our-redis' } });
    expect(containers[0].volumeMounts).toContainEqual({ name: 'redis', mountPath: '/etc/warren/redis', readOnly: true });
  });

  test('declare the Secret as one that somebody gives', () => {
    const { annotations } = find(renderTasks({ results: results() }), 'ConfigMap', 'tasks-topology').metadata as any;
    expect(JSON.parse(annotations[SECRETS_ANNOTATION])).toMatchObject({ 'our-redis': { username: 'given', password: 'given' } });
  });

  test('let workers out to that port, of that peer if one is named', () => {
    const port = (number: number) => [{ protocol: 'TCP', port: number }];
    expect(egress(results({ port: 6380 }))).toEqual([{ ports: port(6380) }]);
    expect(egress(results({ network: { cidr: '10.0.0.0/8' } }))).toEqual([
      { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: port(6379) },
    ]);
    expect(egress(results({ port: 80, network: { namespace: 'cache', podLabels: { app: 'redis' }, ports: [6379] } }))).toEqual([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'cache' } },
            podSelector: { matchLabels: { app: 'redis' } },
          },
        ],
        ports: port(6379),
      },
    ]);
  });

  test.each<[problem: string, results: unknown, line: RegExp]>([
    ['nothing in it', {}, /^results\.redis: got nothing -> must be an object/],
    [
      'a URL',
      results({ host: 'redis://redis:6379' }),
      /^results\.redis\.host: got "redis:.* -> must be a host name or address, without scheme/,
    ],
    ['a port in the host', results({ host: 'redis:6379' }), /^results\.redis\.host: got "redis:6379" -> /],
    ['no Secret', { redis: { host: 'redis' } }, /^results\.redis\.secret: got nothing -> must be the name of a Secret/],
    ['port 0', results({ port: 0 }), /^results\.redis\.port: got 0 -> must be a whole number from 1 to 65535/],
    ['a negative lifetime', results({ expireSeconds: -1 }), /^results\.redis\.expireSeconds: got -1 -> must be a whole number from 0/],
    ['an unknown key', { redis: { ...results().redis, password: 'x' } }, /^results\.redis\.password: got "x" -> is not a known key/],
    [
      'a range that is none',
      results({ network: { cidr: '10.0.0.0' } }),
      /^results\.redis\.network\.cidr: got "10\.0\.0\.0" -> must be a range of addresses/,
    ],
  ])('are refused with %s', (_, given, line) => expect(problemsOf({ results: given })).toEqual([expect.stringMatching(line)]));
});
