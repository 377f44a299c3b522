import { randomUUID } from 'node:crypto';
import type { Channel } from 'amqplib';
import { CONTROL_EXCHANGE } from '../../workers/celery/control';
import { encodeTask } from '../../workers/celery/message';
import type { Client } from '../../workers/client/client';
import { Task } from '../../workers/task';

const remote = <A extends readonly unknown[] = [], R = unknown>(name: string) =>
  new Task<A, R>(name, {}, () => {
    throw new Error('runs in the worker');
  });

const nothing = remote('soak.nothing');
const echo = remote<[number], number>('soak.echo');
const fail = remote('soak.fail');
const retry = remote<[delaySeconds: number]>('soak.retry');
const uncounted = remote('soak.uncounted');
const limited = remote('soak.limited');
const inThread = remote<[number]>('soak.in-thread');

/** How a sender reaches the broker. */
export interface Lines {
  readonly client: Client;
  /** For what no client of ours would send. */
  readonly raw: Channel;
  readonly queue: string;
}

interface Kind {
  /** Of each thousand tasks. */
  readonly share: number;
  /** Whether the worker counts it: not what must not run, nor what runs in a thread, which counts for itself. */
  readonly counted: boolean;
  readonly send: (lines: Lines, index: number) => Promise<unknown>;
}

const FORGET = { ignoreResult: true } as const;

/** So that every table in the worker is used; the rest of each thousand does nothing and is not asked for. */
const KINDS: readonly Kind[] = [
  { share: 10, counted: true, send: echoed },
  { share: 10, counted: true, send: ({ client }) => client.send(fail, [], FORGET) },
  { share: 5, counted: true, send: ({ client }) => client.send(retry, [0], FORGET) },
  { share: 2, counted: true, send: ({ client }) => client.send(retry, [1], FORGET) },
  { share: 2, counted: true, send: ({ client }) => client.send(limited, [], FORGET) },
  { share: 1, counted: false, send: ({ client }, index) => client.send(inThread, [index], FORGET) },
  { share: 2, counted: false, send: async (lines) => strange(lines, 'soak.nothing', { expires: new Date(Date.now() - 1000) }) },
  { share: 2, counted: false, send: async (lines) => strange(lines, 'soak.unknown') },
  { share: 1, counted: false, send: revoked },
];

const NOTHING: Kind = { share: 0, counted: true, send: ({ client }) => client.send(nothing, [], FORGET) };

/** Kinds by the place in a thousand. */
const PLACES: readonly Kind[] = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

export function kindOf(index: number): Kind {
  return PLACES[index % 1000] ?? NOTHING;
}

/** Its result has come. */
async function echoed({ client }: Lines, index: number): Promise<void> {
  const job = await client.send(echo, [index]);
  const value = await job.result({ timeoutSeconds: 120 });
  if (value !== index) throw new Error(`soak.echo(${index}) gave ${String(value)}`);
}

/** A client of ours would not send it, or would let the broker drop it before a worker sees it. */
function strange({ raw, queue }: Lines, task: string, { id = randomUUID(), expires }: { id?: string; expires?: Date } = {}): void {
  const { content, properties } = encodeTask(task, [], { id, expires, ignoreResult: true });
  const { expiration: _, ...kept } = properties;
  raw.publish('tasks', queue, content, kept);
}

async function revoked(lines: Lines): Promise<void> {
  const id = randomUUID();
  const body = { method: 'revoke', arguments: { task_id: id }, destination: null, pattern: null, matcher: null };
  lines.raw.publish(CONTROL_EXCHANGE, '', Buffer.from(JSON.stringify(body)), { contentType: 'application/json', contentEncoding: 'utf-8' });
  // Remote control has a queue of its own: the task could be there before it. Two seconds later it is not.
  await lines.client.send(uncounted, [], { id, delaySeconds: 2, ignoreResult: true });
}
