import { inspect } from 'node:util';
import type { Verdict } from '../verdict';
import { decodeJsonLeniently } from '../../celery/decode-json';
import { encodeJson } from '../../celery/encode-json';
import { notEncodable } from '../../celery/result';
import { errorMessage } from '../../error-message';
import type { CallListener, LogLevel } from './pool';

/** What a thread or child process says of its call. */
export type Message =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'progress'; readonly meta: unknown }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: object; readonly text: string }
  /** `spent`: it takes no more calls and is to be replaced. */
  | { readonly kind: 'ended'; readonly verdict: PackedVerdict; readonly spent: boolean };

/** A verdict on its way: the task's value as JSON text, made where the value has its classes and their `toJSON`. */
export type PackedVerdict = Exclude<Verdict, { kind: 'success' }> | { readonly kind: 'success'; readonly json: string };

export function pack(verdict: Verdict): PackedVerdict {
  if (verdict.kind !== 'success') return verdict;
  try {
    return { kind: 'success', json: encodeJson(verdict.value ?? null, 'result') };
  } catch (error) {
    const { exception, traceback } = notEncodable(`the task's value is not JSON: ${errorMessage(error)}`);
    return { kind: 'failure', exception, traceback };
  }
}

export function unpack(packed: PackedVerdict): Verdict {
  return packed.kind === 'success' ? { kind: 'success', value: decodeJsonLeniently(Buffer.from(packed.json)) } : packed;
}

/** Log fields that can be sent: what cannot, such as a function in them, is sent as a text. */
export function sendable(fields: object): object {
  try {
    return structuredClone(fields);
  } catch {
    return { fields: inspect(fields) };
  }
}

/** Tells a listener what came before the end. */
export function forward(message: Exclude<Message, { kind: 'ended' }>, listener: CallListener): void {
  switch (message.kind) {
    case 'started':
      listener.started(message.pid);
      return;
    case 'progress':
      listener.progress(message.meta);
      return;
    case 'log':
      listener.log(message.level, message.fields, message.text);
  }
}

/** Celery's words for a child process that died under its task. */
export function exitedPrematurely(how: string): Verdict {
  return { kind: 'lost', detail: `Worker exited prematurely: ${how}` };
}
