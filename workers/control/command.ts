import type { LamportClock } from '../celery/clock';
import type { EventPublisher } from '../observe/events';
import type { ControlledWorker } from './controlled-worker';
import type { Revoked } from './revoked';

/** What commands work with. */
export interface CommandContext {
  readonly worker: ControlledWorker;
  readonly clock: LamportClock;
  readonly revoked: Revoked;
  readonly events: EventPublisher;
  /** Whether commands that change something are carried out. */
  readonly mayChange: boolean;
}

export type CommandArguments = Readonly<Record<string, unknown>>;

/** A command of remote control, under the name that Celery gives it. */
export interface Command {
  /** Arguments that must be there. */
  readonly required?: readonly string[];
  /** It changes the worker or its tasks, so a read-only worker refuses it. */
  readonly changes?: true;
  /**
   * @returns the answer
   * @throws CommandError when it cannot be done
   */
  run(context: CommandContext, args: CommandArguments): unknown;
}

export type Commands = Readonly<Record<string, Command>>;

/** Returned by a command that nobody gets an answer from. */
export const NO_REPLY = Symbol('no reply');

export function ok(text: string): { readonly ok: string } {
  return { ok: text };
}
