import { workerData } from 'piscina';
import { registeredTasks } from '../task';

/** What a thread is asked to do. */
export interface ThreadCall {
  readonly task: string;
  readonly args: readonly unknown[];
}

// Declares the tasks in this thread: functions cannot be sent to one.
require((workerData as { tasksModule: string }).tasksModule);

/** Entry point of a thread; Piscina calls the module's export. */
module.exports = async ({ task, args }: ThreadCall): Promise<unknown> => {
  const found = registeredTasks().get(task);
  if (!found) throw new Error(`task "${task}" is not declared in the tasks module of the thread`);
  return found.run(...args);
};
