import { Lanes } from '../../../workers/client/lanes';

describe('Lanes', () => {
  it('does the work of one key in its order, also after one has failed, and lets other keys pass', async () => {
    const lanes = new Lanes();
    const done: string[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = lanes.run('a', async () => {
      await gate;
      done.push('a1');
      throw new Error('a1 failed');
    });
    const second = lanes.run('a', async () => done.push('a2'));
    await lanes.run('b', async () => done.push('b'));
    open();
    await expect(first).rejects.toThrow('a1 failed');
    await second;
    expect(done).toEqual(['b', 'a1', 'a2']);
  });
});
