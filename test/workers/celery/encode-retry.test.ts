import { decodeTask, encodeRetry, encodeTask, type MessageProperties } from '../../../workers/celery/message';
import { taskVector } from './vectors';

const NOW = new Date('2026-01-02T03:04:05Z');
const LATER = new Date('2026-01-02T03:05:05.250Z');

const retried = (delivery: { content: Buffer; properties: MessageProperties }, eta: Date | null = LATER) =>
  encodeRetry(decodeTask(delivery.content, delivery.properties), delivery, { retries: 3, eta, now: NOW });

describe('encodeRetry', () => {
  it('writes what Celery writes', () => {
    const [first, again] = [taskVector('retry'), taskVector('retry_again')];
    const eta = new Date('2026-11-20T09:23:14.442Z');
    const ours = encodeRetry(decodeTask(first.content, first.properties), first, { retries: 1, eta });
    expect(ours.content).toEqual(again.content);
    expect(ours.properties).toEqual({
      ...again.properties,
      headers: { ...again.properties.headers, eta: '2026-11-20T09:23:14.442000+00:00' },
    });
  });

  it('keeps the bytes of the body, the headers and the compression', () => {
    const stamped = {
      headers: { tenant: 'a' },
      stamps: { by: 'me' },
      compression: 'zlib',
      timeLimit: 5,
      priority: 7,
      replyTo: 'q',
    } as const;
    const delivery = encodeTask('t', ['x'], { id: 'a', rootId: 'r', parentId: 'p', ignoreResult: null, ...stamped });
    const { content, properties } = retried(delivery);
    expect(content).toBe(delivery.content);
    expect(properties).toEqual({
      ...delivery.properties,
      headers: { ...delivery.properties.headers, retries: 3, eta: '2026-01-02T03:05:05.250000+00:00', parent_id: 'a' },
    });
  });

  it('leaves the broker notes of the delivery behind, and what belongs to another sender', () => {
    const { content, properties } = encodeTask('t', [], { id: 'a' });
    const notes = { 'x-death': [{}], 'x-first-death-queue': 'q', 'x-last-death-reason': 'r', 'x-delivery-count': 1, CC: ['other'] };
    const delivered = { ...properties, userId: 'somebody', messageId: 'm', headers: { ...properties.headers, ...notes, 'x-tenant': 1 } };
    const retry = retried({ content, properties: delivered }).properties;
    expect(retry.headers).toEqual({ ...properties.headers, 'x-tenant': 1, retries: 3, eta: expect.any(String), parent_id: 'a' });
    expect(new Set(Object.keys(retry))).toEqual(new Set(Object.keys(properties)));
  });

  it.each([
    ['what is left', '2026-01-02T03:04:35Z', '30000'],
    ['nothing', '2026-01-02T03:04:00Z', '0'],
  ])('lets a task expire after %s of its time', (_, expires, expiration) => {
    const delivery = encodeTask('t', [], { id: 'a', expires: new Date(expires), now: new Date('2026-01-02T00:00:00Z') });
    expect(retried(delivery).properties.expiration).toBe(expiration);
  });

  it('forgets an expiration that is not of the task', () => {
    const { content, properties } = encodeTask('t', [], { id: 'a' });
    expect(retried({ content, properties: { ...properties, expiration: '5' } }).properties).not.toHaveProperty('expiration');
  });

  it('runs at once without an eta', () => {
    const delivery = encodeTask('t', [], { id: 'a', eta: NOW });
    expect(retried(delivery, null).properties.headers).toMatchObject({ eta: null });
  });

  it('makes protocol 2 of protocol 1, with times to the microsecond', () => {
    const time = { __type__: 'datetime', __value__: '2026-01-02T03:04:05.000678' };
    const task = { task: 't', id: 'a', args: [time], kwargs: { x: 1 }, taskset: 'g', timelimit: [9, null], expires: '2026-01-02T03:04:35' };
    const properties = { contentType: 'application/json', replyTo: 'q', priority: 2, headers: { tenant: 'b' } };
    const retry = retried({ content: Buffer.from(JSON.stringify(task)), properties });
    expect(JSON.parse(retry.content.toString())).toEqual([[time], { x: 1 }, { callbacks: null, errbacks: null, chain: null, chord: null }]);
    expect(retry.properties).toMatchObject({ correlationId: 'a', replyTo: 'q', priority: 2, expiration: '30000' });
    expect(decodeTask(retry.content, retry.properties)).toMatchObject({
      protocol: 2,
      task: 't',
      id: 'a',
      group: 'g',
      retries: 3,
      eta: LATER,
      expires: new Date('2026-01-02T03:04:35Z'),
      timeLimit: { hardSeconds: 9, softSeconds: null },
      parentId: 'a',
      rootId: 'a',
      ignoreResult: null,
      headers: { tenant: 'b' },
    });
  });
});
