import type { TaskLog } from '../../task-context';
import type { CallListener } from './pool';

/** The log of a task as calls of one function. */
export function taskLog(log: CallListener['log']): TaskLog {
  const at = (level: keyof TaskLog) => (fields: object, text: string) => log(level, fields, text);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
