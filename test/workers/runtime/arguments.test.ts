import { bindArguments } from '../../../workers/runtime/arguments';
import { Task } from '../../../workers/task';

const add = new Task('add', { parameters: ['x', 'y'] }, (x: number, y: number) => x + y) as unknown as Task;
const plain = new Task('plain', {}, (x: number, y: number = 1) => x + y) as unknown as Task;

describe('bindArguments', () => {
  it('puts keyword arguments in their places', () => {
    expect(bindArguments(add, { args: [2], kwargs: { y: 3 } })).toEqual([2, 3]);
    expect(bindArguments(add, { args: [], kwargs: { y: 3, x: 2 } })).toEqual([2, 3]);
  });

  it('leaves parameters with a default out', () => {
    expect(bindArguments(plain, { args: [2], kwargs: {} })).toEqual([2]);
  });

  it.each([
    [add, { args: [2], kwargs: {} }, "add() missing 1 required argument: 'y'"],
    [add, { args: [], kwargs: {} }, "add() missing 2 required arguments: 'x', 'y'"],
    [add, { args: [1, 2], kwargs: { z: 1 } }, "unexpected keyword argument 'z'"],
    [add, { args: [1, 2], kwargs: { x: 1 } }, "multiple values for argument 'x'"],
    [plain, { args: [1], kwargs: { y: 1 } }, "unexpected keyword argument 'y'"],
    [plain, { args: [], kwargs: {} }, "missing 1 required argument: '#1'"],
  ])('refuses what does not fit, as Python does', (task, message, text) => {
    expect(() => bindArguments(task, message)).toThrow(TypeError);
    expect(() => bindArguments(task, message)).toThrow(text);
  });
});
