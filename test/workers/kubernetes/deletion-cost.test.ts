import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { DELETION_COST_ANNOTATION, DeletionCost, deletionCost } from '../../../workers/kubernetes/deletion-cost';
import { waitUntil } from '../../support/wait-until';

describe('deletionCost', () => {
  it('is 0 for an idle worker and more for more work under way', () => {
    const loads = [[], [0], [0, 0], [30], [0, 0, 0, 30], [300], [300, 300], [86_400]];
    const costs = loads.map(deletionCost);
    expect(costs[0]).toBe(0);
    expect(costs[1]).toBeGreaterThan(0);
    costs.slice(1).forEach((cost, index) => expect(cost).toBeGreaterThanOrEqual(costs[index] as number));
  });

  it('changes seldom while a long task runs', () => {
    const costs = new Set(Array.from({ length: 3600 }, (_, seconds) => deletionCost([seconds])));
    expect(costs.size).toBeLessThan(15);
  });
});

/** Answers like the API server does to a patch; the real one runs in the end-to-end test. */
describe('DeletionCost', () => {
  let server: Server;
  let asked: { url: string | undefined; type: string | undefined; cost: string | undefined }[];
  let status: number;
  let busy: number[];
  let writer: DeletionCost;

  beforeEach(async () => {
    asked = [];
    status = 200;
    busy = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const { annotations } = (JSON.parse(text) as { metadata: { annotations: Record<string, string> } }).metadata;
        asked.push({
          url: `${request.method} ${request.url}`,
          type: request.headers['content-type'],
          cost: annotations[DELETION_COST_ANNOTATION],
        });
        response.writeHead(status, { connection: 'close' }).end('{"kind":"Status","message":"not yours"}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const access = async () => ({ url, token: 'abc', namespace: 'live' });
    writer = new DeletionCost({ access, pod: 'worker-1', busy: () => busy, log: pino({ level: 'silent' }), intervalMs: 100 });
    writer.start();
  });
  afterEach(async () => {
    writer.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it('writes the cost to its own pod, and again only when it has changed', async () => {
    await waitUntil(() => asked.length === 1, { what: 'first patch' });
    expect(asked[0]).toEqual({ url: 'PATCH /api/v1/namespaces/live/pods/worker-1', type: 'application/merge-patch+json', cost: '0' });
    busy = [0];
    await waitUntil(() => asked.length === 2, { what: 'second patch' });
    expect(asked[1]?.cost).toBe('1');
    busy = [];
    await waitUntil(() => asked.length === 3, { what: 'third patch' });
    expect(asked.map(({ cost }) => cost)).toEqual(['0', '1', '0']);
  });

  it('tries again after a refusal', async () => {
    status = 403;
    await waitUntil(() => asked.length === 2, { what: 'second attempt' });
    status = 200;
    await waitUntil(() => asked.length === 3, { what: 'third attempt' });
    expect(asked.map(({ cost }) => cost)).toEqual(['0', '0', '0']);
  });
});
