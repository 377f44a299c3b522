import type { Options } from 'amqplib';
import type { DeadLetterReason } from '../../../workers/celery/rejected';

/** What must become of a message. */
export type End =
  /** In the dead-letter queue, with this reason. */
  | { readonly dead: DeadLetterReason }
  /** In the dead-letter queue by the broker's policy: whole, but without a reason. */
  | { readonly dead: undefined }
  /** Its task ends so; `result` is what the caller gets, where that is looked at. */
  | { readonly ran: 'SUCCESS' | 'FAILURE'; readonly result?: unknown }
  /** Dropped: the caller is told, and an event says why. */
  | { readonly revoked: true }
  /** In the broker, until its time comes. */
  | { readonly waits: true };

/** A message as a hostile or careless producer sends it. */
export interface BadMessage {
  /** Row of the threat list: M1 to M21; X for what it does not have. */
  readonly row: string;
  readonly what: string;
  readonly body: string | Buffer;
  /** A header that is undefined is not sent. */
  readonly options: Options.Publish;
  /** Bytes of the headers, where the client library could not write them. */
  readonly rawHeaders?: Buffer;
  readonly end: End;
}

export const ID = '#id';
const BODY = '[[1],{},{}]';

interface Changes {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly options?: Options.Publish;
  readonly rawHeaders?: Buffer;
}

/** A good message with some changes. `#id` in headers and body stands for an id of its own. */
export function message(row: string, what: string, end: End, { body = BODY, headers = {}, options = {}, rawHeaders }: Changes): BadMessage {
  const known = { contentType: 'application/json', contentEncoding: 'utf-8', headers: { task: 'test.echo', id: ID, ...headers } };
  return { row, what, body, end, options: { ...known, ...options }, ...(rawHeaders && { rawHeaders }) };
}

/** Several messages of a row that differ in the body and end alike. */
export function bodies(row: string, end: End, list: Readonly<Record<string, string | Buffer>>, headers = {}): BadMessage[] {
  return Object.entries(list).map(([what, body]) => message(row, what, end, { body, headers }));
}

/** Several messages of a row that differ in the value of one header and end alike. */
export function headerValues(row: string, end: End, header: string, values: readonly unknown[], headers = {}): BadMessage[] {
  return values.map((value) => {
    const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'none');
    const shown = text.length > 40 ? `${text.slice(0, 30)}... (${text.length} characters)` : text;
    return message(row, `${header}: ${shown}`, end, { headers: { ...headers, [header]: value } });
  });
}
