import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageProperties } from '../../../workers/celery/message';

interface Vector {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: { readonly json?: unknown; readonly base64?: string; readonly text?: string };
}

function read<T>(file: string): Readonly<Record<string, T>> {
  const text = readFileSync(join(__dirname, '../../vectors', file), 'utf8');
  return (JSON.parse(text) as { messages: Record<string, T> }).messages;
}

const tasks = read<Vector>('task-messages.json');

/** Names of the captured task messages. */
export type TaskVector =
  | 'basic'
  | 'kwargs'
  | 'countdown'
  | 'eta_expires'
  | 'protocol1'
  | 'pickle'
  | 'yaml'
  | 'gzip'
  | 'link'
  | (string & {});

/** A captured task message as amqplib would deliver it. */
export function taskVector(name: TaskVector): { content: Buffer; properties: MessageProperties; body: unknown } {
  const vector = tasks[name];
  if (!vector) throw new Error(`no captured message "${name}"`);
  const { json, base64, text } = vector.body;
  const content = base64 === undefined ? Buffer.from(text ?? JSON.stringify(json)) : Buffer.from(base64, 'base64');
  const { content_type, content_encoding, correlation_id, reply_to, priority, expiration } = vector.properties as Record<string, never>;
  return {
    content,
    body: json,
    properties: {
      contentType: content_type,
      contentEncoding: content_encoding,
      correlationId: correlation_id,
      replyTo: reply_to,
      priority,
      expiration,
      headers: vector.headers,
    },
  };
}

/** A captured result message by its state. */
export function resultVector(state: string): { readonly properties: Record<string, unknown>; readonly body: Record<string, unknown> } {
  const vector = read<{ properties: Record<string, unknown>; body: Record<string, unknown> }>('rpc-results.json')[state];
  if (!vector) throw new Error(`no captured result in state "${state}"`);
  return vector;
}
