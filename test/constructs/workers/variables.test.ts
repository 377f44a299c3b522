import { renderWorkers, workerOf, workerProblems, workersOf } from '../../support/worker-objects';

describe('variables of a worker', () => {
  test('come after the ones they may be made of', () => {
    const { env } = workerOf(renderWorkers({ env: { SHOP_URL: 'https://shop/$(POD_NAME)' } }));
    expect(env.at(-1)).toEqual({ name: 'SHOP_URL', value: 'https://shop/$(POD_NAME)' });
    expect(env[0].name).toBe('POD_NAME');
  });

  test('may come from a Secret where the user insists', () =>
    expect(workerOf(renderWorkers({ secretEnv: { KEY: { secret: 'shop', key: 'api-key' } } })).env).toContainEqual({
      name: 'KEY',
      valueFrom: { secretKeyRef: { name: 'shop', key: 'api-key' } },
    }));

  test('restart the workers when they change, as a part of the pod', () => {
    const template = (env: Record<string, string>) => workersOf(renderWorkers({ env })).template;
    expect(template({ A: '1' })).not.toEqual(template({ A: '2' }));
  });

  test('may hold the path of a secret, and words that only look alike', () =>
    expect(() =>
      workerProblems({ env: { GOOGLE_APPLICATION_CREDENTIALS: '/etc/secrets/google/key.json', TOKEN_URL: 'https://id/token', KEYS: '3' } }),
    ).toThrow('everything was accepted'));

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    [
      "the worker's own",
      { env: { WARREN_QUEUES: 'x' } },
      /^workers\.general\.env\.WARREN_QUEUES: got "WARREN_QUEUES" -> is the worker's own/,
    ],
    ['the name of the pod', { env: { POD_NAME: 'x' } }, /^workers\.general\.env\.POD_NAME: .*own/],
    ['the limit of the heap', { env: { NODE_OPTIONS: '--inspect' } }, /^workers\.general\.env\.NODE_OPTIONS: .* -> write nodeOptions/],
    ['a bad name', { env: { 'a-b': 'x' } }, /^workers\.general\.env\.a-b: got "a-b" -> must be the name of a variable/],
    ['a number', { env: { PORT: 80 } }, /^workers\.general\.env\.PORT: got 80 -> must be text -> write it in quotes$/],
    ['a password', { env: { DB_PASSWORD: 'hunter2' } }, /^workers\.general\.env\.DB_PASSWORD: got "\(not shown\)" -> looks like a secret/],
    ['an API key', { env: { API_KEY: 'abc' } }, /^workers\.general\.env\.API_KEY: got "\(not shown\)"/],
    [
      'a login in an address',
      { env: { DB: 'postgres://u:p@db/x' } },
      /^workers\.general\.env\.DB: got "\(not shown\)" -> looks like a secret/,
    ],
    [
      'a name in both',
      { env: { A: 'x' }, secretEnv: { A: { secret: 's', key: 'k' } } },
      /^workers\.general\.secretEnv\.A: got "A" -> is in env, too/,
    ],
    ['a Secret without a key', { secretEnv: { A: { secret: 's' } } }, /^workers\.general\.secretEnv\.A\.key: got nothing -> must be a key/],
    ['text for a reference', { secretEnv: { A: 'secret' } }, /^workers\.general\.secretEnv\.A: got "secret" -> must be an object/],
  ])('refuse %s', (_, options, line) => expect(workerProblems(options)).toEqual([expect.stringMatching(line)]));

  test('never show the secret that they refuse', () =>
    expect(workerProblems({ env: { DB_PASSWORD: 'hunter2', DB: 'postgres://u:hunter2@db/x' } }).join('\n')).not.toContain('hunter2'));
});
