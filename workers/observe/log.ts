import { type Logger, pino } from 'pino';

/** JSON lines on standard output; every line names the worker. */
export function createLog(worker: string): Logger {
  return pino({ base: { worker }, level: process.env['LOG_LEVEL'] ?? 'info', timestamp: pino.stdTimeFunctions.isoTime });
}
