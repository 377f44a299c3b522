import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientConfig, workerConfig } from '../../workers/config';
import { InvalidConfiguration } from '../../workers/problems';
import { encodeTopology, resolveTopology } from '../../workers/topology';

const folder = mkdtempSync(join(tmpdir(), 'warren-config-'));
const topology = join(folder, 'topology.json');
writeFileSync(topology, encodeTopology(resolveTopology({ queues: { small: {}, large: {} } })));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = {
  WARREN_TOPOLOGY: topology,
  WARREN_BROKER_HOSTS: 'a:5672, b:5672',
  WARREN_BROKER_CREDENTIALS: folder,
  WARREN_QUEUES: 'small',
};

function problemsOf(changes: Record<string, string | undefined>): string[] {
  try {
    workerConfig({ ...environment, ...changes });
    return [];
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.message.split('\n').slice(1);
    throw error;
  }
}

describe('trust in the broker', () => {
  it('is none unless set, a file, or what Node.js trusts', () => {
    expect(workerConfig(environment).brokerTlsCa).toBeUndefined();
    expect(workerConfig({ ...environment, WARREN_BROKER_TLS_CA: 'system' }).brokerTlsCa).toBe('system');
    expect(clientConfig({ ...environment, WARREN_BROKER_TLS_CA: topology }).brokerTlsCa).toBe(topology);
  });

  it('is refused when the file is not there', () =>
    expect(problemsOf({ WARREN_BROKER_TLS_CA: '/nowhere/ca.crt' })).toEqual([
      expect.stringMatching(/WARREN_BROKER_TLS_CA: got "\/nowhere\/ca\.crt" -> must be a PEM file, or "system" -> mount/),
    ]));
});

describe('workerConfig', () => {
  it('knows the levels of the log', () => {
    expect(problemsOf({ LOG_LEVEL: 'debug' })).toEqual([]);
    expect(problemsOf({ LOG_LEVEL: '' })).toEqual([]);
    expect(problemsOf({ LOG_LEVEL: 'wran' })).toEqual([expect.stringMatching(/LOG_LEVEL: got "wran" -> .* -> did you mean "warn"/)]);
  });

  it('reads the environment and fills in defaults', () => {
    expect(workerConfig(environment)).toMatchObject({
      brokerHosts: ['a:5672', 'b:5672'],
      queues: ['small'],
      concurrency: 1,
      healthPort: 8080,
      drainSeconds: 60,
      remoteControl: 'all',
      taskEvents: false,
      nodeName: expect.stringMatching(/^celery@/),
      maxTasksPerChild: Number.POSITIVE_INFINITY,
      maxMemoryPerChildMib: Number.POSITIVE_INFINITY,
      threadHeapMib: undefined,
    });
  });

  it('has no Redis by default, and one where it is told so', () => {
    expect(workerConfig(environment).redis).toBeUndefined();
    expect(workerConfig({ ...environment, WARREN_RESULT_BACKEND: 'rpc', WARREN_REDIS_URL: 'redis://a' }).redis).toBeUndefined();
    const redis = { WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'rediss://a:6380/2' };
    expect(workerConfig({ ...environment, ...redis }).redis).toEqual({ url: 'rediss://a:6380/2', expireSeconds: 86_400 });
    const more = { ...redis, WARREN_REDIS_CREDENTIALS: folder, WARREN_RESULT_EXPIRES: '0' };
    expect(clientConfig({ ...environment, ...more }).redis).toEqual({ url: 'rediss://a:6380/2', credentials: folder, expireSeconds: 0 });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ WARREN_RESULT_BACKEND: 'reddis' }, /WARREN_RESULT_BACKEND: got "reddis" -> must be rpc or redis -> did you mean "redis"\?/],
    [{ WARREN_RESULT_BACKEND: 'redis' }, /WARREN_REDIS_URL: got nothing -> must be set/],
    [
      { WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'redis:6379' },
      /WARREN_REDIS_URL: got "redis:6379" -> must be redis:\/\/host:port/,
    ],
    [{ WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'http://a' }, /WARREN_REDIS_URL: got "http:\/\/a" -> must be redis:/],
    [
      { WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'redis://:s3cret@a' },
      /^ {2}WARREN_REDIS_URL: got "\.\.\." -> must not hold a user or password -> put them into files of the folder WARREN_REDIS_CREDENTIALS$/,
    ],
    [
      { WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'redis://a', WARREN_REDIS_CREDENTIALS: '/nowhere' },
      /WARREN_REDIS_CREDENTIALS: got "\/nowhere" -> must be a folder/,
    ],
    [
      { WARREN_RESULT_BACKEND: 'redis', WARREN_REDIS_URL: 'redis://a', WARREN_RESULT_EXPIRES: '-1' },
      /WARREN_RESULT_EXPIRES: got "-1" -> must be a whole number from 0/,
    ],
  ])('refuses a Redis like %j', (changes, text) => {
    const all = problemsOf(changes);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(text);
  });

  it('refuses everything that is missing, at once', () => {
    const all = problemsOf({
      WARREN_TOPOLOGY: undefined,
      WARREN_BROKER_HOSTS: '',
      WARREN_BROKER_CREDENTIALS: undefined,
      WARREN_QUEUES: undefined,
    });
    for (const name of Object.keys(environment))
      expect(all).toContainEqual(expect.stringMatching(new RegExp(`^  ${name}: got nothing -> must be set -> `)));
    expect(all).toHaveLength(4);
  });

  it.each([
    [{ WARREN_QUEUES: 'small,lagre' }, /WARREN_QUEUES: got "lagre" -> is not a queue of the topology -> did you mean "large"\?/],
    [{ WARREN_CONCURRENCY: '0' }, /WARREN_CONCURRENCY: got "0" -> must be a whole number from 1 to 2000/],
    [{ WARREN_CONCURRENCY: 'many' }, /WARREN_CONCURRENCY: got "many"/],
    [{ WARREN_DRAIN_SECONDS: '1.5' }, /WARREN_DRAIN_SECONDS: got "1.5"/],
    [{ WARREN_REMOTE_CONTROL: 'readonly' }, /WARREN_REMOTE_CONTROL: got "readonly" -> .* -> did you mean "read-only"\?/],
    [{ WARREN_TASK_EVENTS: '1' }, /WARREN_TASK_EVENTS: got "1" -> must be one of true, false/],
    [{ WARREN_MAX_TASKS_PER_CHILD: '0' }, /WARREN_MAX_TASKS_PER_CHILD: got "0"/],
    [{ WARREN_MAX_MEMORY_PER_CHILD_MIB: '512Mi' }, /WARREN_MAX_MEMORY_PER_CHILD_MIB: got "512Mi" -> must be a whole number from 1/],
    [{ WARREN_THREAD_HEAP_MIB: '4' }, /WARREN_THREAD_HEAP_MIB: got "4" -> must be a whole number from 16/],
    [{ WARREN_HEALTH_PORT: '70000' }, /WARREN_HEALTH_PORT: got "70000"/],
    [{ WARREN_BROKER_HOSTS: 'broker' }, /WARREN_BROKER_HOSTS: got "broker"/],
    [{ WARREN_BROKER_CREDENTIALS: '/nowhere' }, /WARREN_BROKER_CREDENTIALS: got "\/nowhere" -> must be a folder/],
    [{ WARREN_TOPOLOGY: '/nowhere.json' }, /WARREN_TOPOLOGY: got "\/nowhere.json" -> ENOENT/],
  ])('refuses %j', (changes, text) => {
    const all = problemsOf(changes);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(text);
  });
});

describe('clientConfig', () => {
  it('needs no queues', () => {
    expect(clientConfig({ ...environment, WARREN_QUEUES: undefined })).toMatchObject({ brokerCredentials: folder });
  });
});
