import { Task } from '../../workers/task';

/** What `test.moment` and its like tell: when and where they started. */
export interface Moment {
  readonly id: string;
  /** Milliseconds of the worker's wall clock. */
  readonly wall: number;
  /** Milliseconds of a clock of the worker's that never jumps. */
  readonly steady: number;
  readonly queue: string;
  readonly retries: number;
}

/** A task of the test worker, for clients. */
export function remote<A extends unknown[] = [], R = Moment>(name: string): Task<A, R> {
  return new Task<A, R>(name, {}, () => {
    throw new Error('runs in the worker');
  });
}

/** The moments in lines of the ledger. */
export function momentsIn(lines: readonly string[]): Omit<Moment, 'id'>[] {
  return lines.map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)) as Omit<Moment, 'id'>);
}
