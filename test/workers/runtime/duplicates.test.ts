import { pino } from 'pino';
import type { ResultBackend } from '../../../workers/results/backend';
import { Duplicates } from '../../../workers/runtime/duplicates';
import type { TaskReports } from '../../../workers/runtime/reports';
import type { Request } from '../../../workers/runtime/request';

describe('Duplicates', () => {
  const stored = { status: async () => 'SUCCESS' } as unknown as ResultBackend;
  const reports = { duplicate: () => undefined } as unknown as TaskReports;
  const duplicates = new Duplicates(stored, reports, pino({ level: 'silent' }));

  const settled = async (routingKey: string, queue: object = { name: 'small' }, redelivered = true): Promise<boolean> => {
    let acked = false;
    const delivery = { queue, routingKey, redelivered, failedDeliveries: 0, ack: () => (acked = true) };
    const request = { message: { id: '1', task: 'a' }, task: { options: { deduplicate: true } }, delivery } as unknown as Request;
    expect(await duplicates.settle(request)).toBe(acked);
    return acked;
  };

  it('are acked when they come again after their success, straight or from the delays', async () => {
    expect(await settled('small')).toBe(true);
    expect(await settled('0.0.1.0.small')).toBe(true);
    expect(await settled('small', { name: 'small' }, false)).toBe(false);
  });

  it('are not seen in a topic or a broadcast, where one id is in several queues', async () => {
    expect(await settled('orders.paid')).toBe(false);
    expect(await settled('', { name: 'news.1f', broadcast: 'news' })).toBe(false);
  });
});
