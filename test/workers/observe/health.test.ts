import { HealthServer } from '../../../workers/observe/health';

describe('HealthServer', () => {
  let reason: string | undefined;
  let text: () => Promise<string>;
  let root: string;
  const server = new HealthServer({
    unreadyReason: () => reason,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: () => text() },
  });
  beforeAll(async () => (root = `http://127.0.0.1:${await server.start(0)}`));
  afterAll(() => server.stop());
  beforeEach(() => {
    reason = undefined;
    text = async () => 'a_total 1\n';
  });

  const ask = async (path: string, method = 'GET'): Promise<[status: number, body: string, type: string | null]> => {
    const response = await fetch(`${root}${path}`, { method, headers: { connection: 'close' } });
    return [response.status, await response.text(), response.headers.get('content-type')];
  };
  const TEXT = 'text/plain; charset=utf-8';

  it('answers probes', async () => {
    expect(await ask('/livez')).toEqual([200, 'ok\n', TEXT]);
    expect(await ask('/readyz')).toEqual([200, 'ok\n', TEXT]);
    reason = 'draining';
    expect(await ask('/livez')).toEqual([200, 'ok\n', TEXT]);
    expect(await ask('/readyz')).toEqual([503, 'draining\n', TEXT]);
  });

  it('gives metrics as Prometheus reads them, ready or not, and whatever the query', async () => {
    reason = 'connecting';
    const answer = [200, 'a_total 1\n', 'text/plain; version=0.0.4; charset=utf-8'];
    expect(await ask('/metrics')).toEqual(answer);
    expect(await ask('/metrics?target=x')).toEqual(answer);
  });

  it('says so when metrics cannot be made, and goes on', async () => {
    text = async () => {
      throw new Error('no metrics');
    };
    expect(await ask('/metrics')).toEqual([500, 'no metrics\n', TEXT]);
    expect(await ask('/livez')).toEqual([200, 'ok\n', TEXT]);
  });

  it('knows nothing else', async () => {
    for (const path of ['/', '/metrics/x', '/Metrics', '//metrics']) expect((await ask(path))[0]).toBe(404);
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('refuses %s', async (method) => {
    for (const path of ['/livez', '/readyz', '/metrics', '/']) {
      const response = await fetch(`${root}${path}`, { method });
      await response.text();
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    }
  });
});
