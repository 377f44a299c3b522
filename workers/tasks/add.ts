import { task } from '../task';

/** Adds two numbers. */
export const add = task('tasks.add', { parameters: ['x', 'y'] }, (x: number, y: number): number => x + y);
