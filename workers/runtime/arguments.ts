import type { TaskMessage } from '../celery/message';
import type { Task } from '../task';

/**
 * The arguments of a call in the order of the function's parameters, with keyword arguments in their places.
 * @throws TypeError, as Python does, when they do not fit
 */
export function bindArguments(task: Task, { args, kwargs }: Pick<TaskMessage, 'args' | 'kwargs'>): unknown[] {
  const bound = [...args];
  const names = task.options.parameters ?? [];
  for (const [name, value] of Object.entries(kwargs)) {
    const position = names.indexOf(name);
    if (position < 0)
      throw new TypeError(
        `${task.name}() got an unexpected keyword argument '${name}' (the task's option "parameters" names those it takes)`,
      );
    if (position < args.length) throw new TypeError(`${task.name}() got multiple values for argument '${name}'`);
    bound[position] = value;
  }
  const missing = Array.from({ length: task.run.length }, (_, position) => position).filter((position) => !(position in bound));
  if (missing.length > 0) {
    const listed = missing.map((position) => `'${names[position] ?? `#${position + 1}`}'`).join(', ');
    throw new TypeError(`${task.name}() missing ${missing.length} required argument${missing.length > 1 ? 's' : ''}: ${listed}`);
  }
  return bound;
}
