import { bodyBytes } from './decode-body';
import { encodeJson } from './encode-json';
import { type EncodedTask, expirationMs, timeHeader } from './encode-task';
import { DEFAULT_LIMITS } from './limits';
import { isDeliveryHeader, protocolHeaders } from './protocol-headers';
import { pythonRepr, tupleRepr } from './repr';
import { sendableProperties } from './sendable';
import type { MessageProperties, TaskMessage } from './task-message';

export interface RetryOptions {
  /** Runs before the next one: one more than the message says. */
  readonly retries: number;
  /** When to run again; `null`: at once. */
  readonly eta: Date | null;
  /** @default - the time of the call */
  readonly now?: Date;
}

/**
 * The same task once more, as Celery publishes a retry: the same id, body and headers, with the new `retries` and `eta`, and itself as its
 * parent. What the broker noted on this delivery is left behind. A task that expires keeps doing so: what is left of its time becomes the
 * message's expiration. Protocol 1 becomes protocol 2.
 *
 * @param message what `decodeTask` made of the delivery
 * @throws EncodeError when `eta` is no time
 */
export function encodeRetry(
  message: TaskMessage,
  delivery: { readonly content: Buffer; readonly properties: MessageProperties },
  { retries, eta, now = new Date() }: RetryOptions,
): EncodedTask {
  const same = message.protocol === 2 ? sameMessage(delivery) : inProtocol2(message, delivery);
  const { replyTo, priority, expires } = message;
  return {
    content: same.content,
    properties: sendableProperties({
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: message.id,
      replyTo,
      ...(priority !== null && { priority }),
      ...(expires && { expiration: expirationMs(expires, now) }),
      headers: { ...same.headers, retries, eta: eta && timeHeader('eta', eta), parent_id: message.id },
    }),
  };
}

interface Same {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

function sameMessage({ content, properties }: { readonly content: Buffer; readonly properties: MessageProperties }): Same {
  const headers = Object.entries(properties.headers ?? {}).filter(([name]) => !isDeliveryHeader(name));
  return { content, headers: Object.fromEntries(headers) };
}

function inProtocol2(message: TaskMessage, { content, properties }: { content: Buffer; properties: MessageProperties }): Same {
  // Not from the decoded arguments: their times have lost the microseconds. The limits were kept when the message was decoded.
  const limits = { ...DEFAULT_LIMITS, maxBodyBytes: Number.MAX_SAFE_INTEGER };
  const { args = [], kwargs = {} } = JSON.parse(bodyBytes(content, properties, limits).toString()) as { args?: unknown; kwargs?: unknown };
  const { expires, timeLimit } = message;
  return {
    content: Buffer.from(encodeJson([args, kwargs, message.embed])),
    headers: {
      ...message.headers,
      ...protocolHeaders({
        ...message,
        eta: null,
        expires: expires && timeHeader('expires', expires),
        timelimit: [timeLimit.hardSeconds, timeLimit.softSeconds],
        argsrepr: message.argsrepr || tupleRepr(message.args),
        kwargsrepr: message.kwargsrepr || pythonRepr(message.kwargs),
        origin: message.origin ?? '',
      }),
    },
  };
}
