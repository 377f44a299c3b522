import { registeredTasks, task } from '../../workers/task';
import { longestCommonSubstring } from '../../workers/tasks/lcs';

describe('task', () => {
  it('registers a function under its name and keeps its types', async () => {
    const double = task('test.double', (x: number) => x * 2);
    expect(registeredTasks().get('test.double')).toBe(double);
    expect(await double.run(4)).toBe(8);
    // @ts-expect-error a text is no number
    void (() => double.delay('4'));
    // @ts-expect-error one argument, not two
    void (() => double.delay(1, 2));
  });

  it('refuses a name that is taken', () => {
    task('test.taken', () => 1);
    expect(() => task('test.taken', () => 2)).toThrow('task "test.taken" is declared twice');
  });

  it('is no property lookup: names of Object.prototype are not registered', () => {
    for (const name of ['constructor', '__proto__', 'toString']) expect(registeredTasks().get(name)).toBeUndefined();
  });
});

describe('longestCommonSubstring', () => {
  it.each([
    ['abcdef', 'zcdez', 'cde'],
    ['abc', 'xyz', ''],
    ['', 'a', ''],
    ['aXbX', 'bXaX', 'aX'],
  ])('of %j and %j is %j', (a, b, longest) => {
    expect(longestCommonSubstring(a, b)).toBe(longest);
  });
});
