import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { KubernetesAccess } from '../../workers/kubernetes/api';
import { createSecrets } from '../../workers/run-secrets';
import type { Secret, SecretDeclaration } from '../../workers/secrets/secret';

const DECLARED: SecretDeclaration[] = [
  { name: 'old', keys: { cookie: 'random' } },
  { name: 'new', keys: { username: { value: 'keda' }, password: 'random' } },
];
const log = pino({ level: 'silent' });

/** Answers like the API server does to a create; the real one runs in the end-to-end test. */
describe('createSecrets', () => {
  let server: Server;
  let access: KubernetesAccess;
  let asked: { method: string | undefined; url: string | undefined; token: string | undefined; body: Secret }[];
  let statusOf: (name: string) => number;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as Secret;
        asked.push({ method: request.method, url: request.url, token: request.headers.authorization, body });
        response.writeHead(statusOf(body.metadata.name), { connection: 'close' }).end('{"kind":"Status","message":"no quota"}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    access = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'abc', namespace: 'live' };
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('creates what is absent and leaves alone what exists', async () => {
    statusOf = (name) => (name === 'old' ? 409 : 201);
    expect(await createSecrets(access, DECLARED, log)).toEqual(['new']);
    for (const request of asked)
      expect(request).toMatchObject({ method: 'POST', url: '/api/v1/namespaces/live/secrets', token: 'Bearer abc' });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.body).toMatchObject({
      metadata: { name: 'new', namespace: 'live' },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: 'keda', password: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  it('makes other values each time', async () => {
    statusOf = () => 201;
    await createSecrets(access, DECLARED, log);
    await createSecrets(access, DECLARED, log);
    expect(new Set(asked.map(({ body }) => body.stringData['password'] ?? body.stringData['cookie'])).size).toBe(4);
  });

  it('fails with the words of the API when it refuses', async () => {
    statusOf = () => 403;
    await expect(createSecrets(access, DECLARED, log)).rejects.toThrow('Secret old: 403 no quota');
  });
});
