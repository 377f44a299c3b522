/** Headers of protocol 2; all others are the caller's own. */
const PROTOCOL_HEADERS: ReadonlySet<string> = new Set(
  (
    'lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ignore_result ' +
    'replaced_task_nesting stamped_headers stamps compression'
  ).split(' '),
);

export function isProtocolHeader(name: string): boolean {
  return PROTOCOL_HEADERS.has(name);
}

/**
 * Headers about one delivery, which must not travel on with the task: RabbitMQ's notes on deaths and redeliveries (it drops a message that
 * it takes for a cycle), extra routing keys (it would deliver to those again), and our reason for an earlier dead letter.
 */
export function isDeliveryHeader(name: string): boolean {
  return /^(?:x-death$|x-(?:first|last)-death-|x-(?:delivery|acquired)-count$|x-reject-|B?CC$)/.test(name);
}

/** The caller's own headers. Copied as own keys, so that a header `__proto__` is no prototype. */
export function customHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(headers).filter((name) => !PROTOCOL_HEADERS.has(name) && !isDeliveryHeader(name));
  // Most messages have none.
  return names.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, headers[name]]));
}

/** What the headers of a task say, in the order of Celery's clients. */
export interface HeaderValues {
  readonly task: string;
  readonly id: string;
  readonly shadow: string | null;
  readonly eta: string | null;
  readonly expires: string | null;
  readonly group: string | null;
  readonly groupIndex: number | null;
  readonly retries: number;
  /** Hard, soft. */
  readonly timelimit: readonly [number | null, number | null];
  readonly rootId: string;
  readonly parentId: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly origin: string;
  readonly ignoreResult: boolean | null;
  readonly replacedTaskNesting: number;
  readonly stamps: Readonly<Record<string, unknown>>;
}

export function protocolHeaders(values: HeaderValues): Record<string, unknown> {
  const stampNames = Object.keys(values.stamps);
  return {
    lang: 'js',
    task: values.task,
    id: values.id,
    shadow: values.shadow,
    eta: values.eta,
    expires: values.expires,
    group: values.group,
    group_index: values.groupIndex,
    retries: values.retries,
    timelimit: values.timelimit,
    root_id: values.rootId,
    parent_id: values.parentId,
    argsrepr: values.argsrepr,
    kwargsrepr: values.kwargsrepr,
    origin: values.origin,
    ignore_result: values.ignoreResult,
    replaced_task_nesting: values.replacedTaskNesting,
    stamped_headers: stampNames.length > 0 ? stampNames : null,
    stamps: values.stamps,
  };
}
