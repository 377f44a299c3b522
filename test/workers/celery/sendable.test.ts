import { sendableHeaders, sendableProperties } from '../../../workers/celery/sendable';

describe('headers that are sent once more', () => {
  it.each([[1], [-5], [2 ** 53], 'x', [''], [null], [true], [[1, ['a']]], [{ a: { b: null } }], [Buffer.from([255])]])(
    'stay: %p',
    (value) => {
      expect(sendableHeaders({ x: value })).toEqual({ x: value });
    },
  );

  it.each([1.5, Number.NaN, -Infinity, -1e300, 2 ** 50 + 0.5, 2 ** 63])(
    'have doubles where a number is no integer of 64 bits: %p',
    (value) => {
      expect(sendableHeaders({ x: [value] })).toEqual({ x: [{ '!': 'double', value }] });
    },
  );

  it('keep timestamps and decimals, unless they are none', () => {
    const good = { time: { '!': 'timestamp', value: 5 }, money: { '!': 'decimal', value: { places: 2, digits: 5 } } };
    expect(sendableHeaders(good)).toEqual(good);
    expect(sendableHeaders({ x: { '!': 'timestamp', value: 2 ** 64 } })).toEqual({ x: { '!': 'double', value: 2 ** 64 } });
    for (const table of [
      { '!': 'x' },
      { '!': 'decimal' },
      { '!': 'decimal', value: null },
      { '!': 'timestamp', value: '5' },
      { '!': { a: 1 } },
    ]) {
      expect(sendableHeaders({ x: table })).toEqual({ x: JSON.stringify(table) });
    }
  });

  it('have names that fit', () => {
    const [name = ''] = Object.keys(sendableHeaders({ ['\ufffd'.repeat(200)]: 1 }));
    expect(name).toBe('\ufffd'.repeat(85));
  });

  it('end somewhere', () => {
    let deep: object = {};
    for (let level = 0; level < 20_000; level++) deep = level % 2 ? [deep] : { a: deep };
    expect(JSON.stringify(sendableHeaders({ deep })).length).toBeLessThan(1000);
  });
});

test('properties that cannot be written are left out', () => {
  const properties = {
    replyTo: '\ufffd'.repeat(100),
    correlationId: 'a',
    priority: 5,
    headers: { a: 1 },
    timestamp: 2 ** 64,
    expiration: undefined,
  };
  expect(sendableProperties(properties)).toEqual({ correlationId: 'a', priority: 5, headers: { a: 1 } });
});
