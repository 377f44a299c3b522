import { LookAhead } from '../../../workers/runtime/look-ahead';
import type { Queue } from '../../../workers/topology';

const QUEUE = { name: 'small' } as Queue;
const SMALL = { content: Buffer.alloc(100), scouted: false };

describe('LookAhead', () => {
  let said: string[];
  let ahead: LookAhead;

  beforeEach(() => {
    jest.useFakeTimers();
    said = [];
    const consumer = {
      scout: async ({ name }: Queue, messages: number) => void said.push(`scout ${name} ${messages}`),
      endScout: async () => void said.push('end'),
    };
    ahead = new LookAhead(QUEUE, consumer, { size: 4 });
  });
  afterEach(() => jest.useRealTimers());

  const flood = (messages: number, delivery = SMALL) => Array.from({ length: messages }, () => ahead.pass(delivery, 0));

  it('sends a scout when all places are full of messages that pass, and ends it when there are no more', () => {
    const arrived = flood(20);
    expect(said).toEqual(['scout small 100']);
    for (const each of arrived) each();
    expect(said).toEqual(['scout small 100']);
    jest.advanceTimersByTime(1000);
    expect(said).toEqual(['scout small 100', 'end']);
  });

  it('sends none while a place is free for a task that is due', () => {
    for (let message = 0; message < 100; message++) ahead.pass(SMALL, 2)();
    expect(said).toEqual([]);
  });

  it('counts messages in a row only: a task that is due and a second of rest begin anew', () => {
    flood(19);
    ahead.due();
    const arrived = flood(19);
    expect(said).toEqual([]);
    flood(1);
    expect(said).toEqual(['scout small 100']);
    for (const each of arrived) each();
  });

  it('takes a trickle for no flood', () => {
    for (let message = 0; message < 100; message++) {
      ahead.pass(SMALL, 4)();
      jest.advanceTimersByTime(1300);
    }
    expect(said).not.toContain('scout small 100');
  });

  it('looks no further where messages are large', () => {
    flood(40, { ...SMALL, content: Buffer.alloc(1_000_000) });
    expect(said).not.toContain('scout small 100');
  });

  it('sends no other scout while messages of the last one are here', () => {
    const arrived = flood(1, { ...SMALL, scouted: true });
    flood(40);
    expect(said).toEqual([]);
    for (const each of arrived) each();
    flood(1);
    expect(said).toEqual(['scout small 100']);
  });

  it('gives back what is due when no scout can get it again', async () => {
    await ahead.surrender({ handBack: () => void said.push('handed back') });
    expect(said).toEqual(['end', 'handed back']);
  });
});
