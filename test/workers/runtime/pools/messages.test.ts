import { pack, sendable, unpack } from '../../../../workers/runtime/pools/messages';

describe('a verdict on its way from a thread or child', () => {
  it.each<[unknown, unknown]>([
    [{ a: [1, 'x', null] }, { a: [1, 'x', null] }],
    [new Date(0), new Date(0)],
    [1n, 1],
    [{ toJSON: () => 7 }, 7],
    [undefined, null],
  ])('carries %p as JSON has it', (value, told) => {
    const packed = pack({ kind: 'success', value });
    expect(structuredClone(packed)).toEqual(packed);
    expect(unpack(packed)).toEqual({ kind: 'success', value: told });
  });

  it('is a failure when the value is no JSON', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [Number.NaN, circular])
      expect(unpack(pack({ kind: 'success', value }))).toMatchObject({ kind: 'failure', exception: { exc_type: 'EncodeError' } });
  });

  it('is left alone when it is no success', () => {
    expect(unpack(pack({ kind: 'ignore' }))).toEqual({ kind: 'ignore' });
  });
});

describe('log fields on their way', () => {
  it('keep what can be sent', () => {
    const fields = { when: new Date(0), error: new TypeError('no') };
    expect(sendable(fields)).toEqual(fields);
  });

  it('become a text when they cannot', () => {
    expect(sendable({ colour: 'red', paint: () => undefined })).toEqual({ fields: expect.stringContaining("colour: 'red'") });
  });
});
