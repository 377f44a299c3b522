import { type Logger, pino } from 'pino';
import { LOG_ENVIRONMENT } from '../environment';

/** JSON lines on standard output; every line names the worker. */
export function createLog(worker: string): Logger {
  return pino({ base: { worker }, level: process.env[LOG_ENVIRONMENT.level] || 'info', timestamp: pino.stdTimeFunctions.isoTime });
}
