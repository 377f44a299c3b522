import { type Body, bodyOfProtocol1, bodyOfProtocol2, decodeBody } from './decode-body';
import * as field from './fields';
import { type DecodeLimits, DEFAULT_LIMITS } from './limits';
import { printable } from './printable';
import { customHeaders } from './protocol-headers';
import type { Embed, MessageProperties, TaskMessage } from './task-message';
import { Rejected } from './rejected';
import { UNREADABLE } from './unreadable';

/** Celery shortens representations to this many characters. */
const LONGEST_REPR = 1024;
const HIGHEST_PRIORITY = 255;

/**
 * Reads a task of protocol 2 or 1.
 * @throws Rejected with a reason; anything else would be a defect, because messages come from anywhere
 */
export function decodeTask(content: Buffer, properties: MessageProperties, limits: DecodeLimits = DEFAULT_LIMITS): TaskMessage {
  if (properties[UNREADABLE]) throw new Rejected('invalid-header', 'the headers cannot be read: they are nested too deep');
  const headers = properties.headers ?? {};
  return Object.hasOwn(headers, 'task')
    ? decodeProtocol2(content, properties, headers, limits)
    : decodeProtocol1(content, properties, headers, limits);
}

/** Some producers send the body of protocol 1 under the headers of protocol 2, which then count. */
function decodeProtocol2(content: Buffer, properties: MessageProperties, headers: field.Fields, limits: DecodeLimits): TaskMessage {
  // Before the body: a message without these is none of ours, whatever its body.
  taskName(headers);
  taskId(headers);
  const value = decodeBody(content, properties, limits);
  if (isHybrid(value)) return taskMessage(1, { ...value, ...headers }, bodyOfProtocol1(value), properties, headers);
  return taskMessage(2, headers, bodyOfProtocol2(value), properties, headers);
}

function decodeProtocol1(content: Buffer, properties: MessageProperties, headers: field.Fields, limits: DecodeLimits): TaskMessage {
  const value = decodeBody(content, properties, limits);
  if (!field.isObject(value) || !Object.hasOwn(value, 'task')) {
    throw new Rejected('unknown-format', 'neither a header "task" (Celery protocol 2) nor a body with "task" (protocol 1)');
  }
  // "taskset" is what groups were called.
  const fields = { ...value, group: value['taskset'] ?? value['group'] };
  return taskMessage(1, fields, bodyOfProtocol1(value), properties, headers);
}

function isHybrid(value: unknown): value is Record<string, unknown> {
  return field.isObject(value) && Object.hasOwn(value, 'args');
}

function taskMessage(
  protocol: 1 | 2,
  fields: field.Fields,
  { args, kwargs, embed }: Body,
  { replyTo, priority }: MessageProperties,
  headers: field.Fields,
): TaskMessage {
  const id = taskId(fields);
  return {
    protocol,
    id,
    task: taskName(fields),
    args,
    kwargs,
    replyTo,
    ignoreResult: field.flagField(fields, 'ignore_result'),
    retries: field.countField(fields, 'retries'),
    eta: field.timeField(fields, 'eta'),
    expires: field.timeField(fields, 'expires'),
    timeLimit: field.timeLimitField(fields),
    priority: priorityOf(priority),
    rootId: field.idField(fields, 'root_id') ?? id,
    parentId: field.idField(fields, 'parent_id'),
    group: field.idField(fields, 'group'),
    groupIndex:
      fields['group_index'] === undefined || fields['group_index'] === null ? null : field.countField(fields, 'group_index', 2 ** 31),
    shadow: field.textField(fields, 'shadow'),
    origin: field.textField(fields, 'origin'),
    argsrepr: printable(field.textField(fields, 'argsrepr') ?? '', LONGEST_REPR),
    kwargsrepr: printable(field.textField(fields, 'kwargsrepr') ?? '', LONGEST_REPR),
    replacedTaskNesting: field.countField(fields, 'replaced_task_nesting'),
    stampedHeaders: field.namesField(fields, 'stamped_headers'),
    stamps: field.objectField(fields, 'stamps'),
    headers: customHeaders(headers),
    embed: checkedEmbed(embed),
  };
}

function taskName(fields: field.Fields): string {
  const name = fields['task'];
  if (typeof name !== 'string') throw new Rejected('unknown-format', 'the name of the task is no text');
  return field.textField(fields, 'task') ?? name;
}

function taskId(fields: field.Fields): string {
  const { id } = fields;
  if (id === undefined || id === null || id === '') throw new Rejected('missing-id', 'the task has no id');
  if (typeof id !== 'string') throw new Rejected('missing-id', 'the id of the task is no text');
  return field.idField(fields, 'id') ?? id;
}

function priorityOf(priority: unknown): number | null {
  if (priority === undefined || priority === null) return null;
  if (field.isCount(priority, HIGHEST_PRIORITY)) return priority;
  throw field.invalid('priority', `not a whole number from 0 to ${HIGHEST_PRIORITY}`);
}

const CANVAS = ['callbacks', 'errbacks', 'chain', 'chord'] as const;

/** To run the task and forget the rest of its canvas would lose work without a trace. */
function checkedEmbed(embed: Readonly<Record<string, unknown>>): Embed {
  for (const part of CANVAS) {
    const value = embed[part];
    const empty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (!empty) throw new Rejected('unsupported', `canvas: ${part}`);
  }
  const { callbacks = null, errbacks = null, chain = null, chord = null } = embed;
  return { callbacks, errbacks, chain, chord };
}
