import { decompress } from './compression';
import { decodeJson } from './decode-json';
import { isObject } from './fields';
import type { DecodeLimits } from './limits';
import type { MessageProperties } from './task-message';
import { Rejected } from './rejected';

/** JSON and nothing else: the formats that can hold code (pickle, yaml) are not even looked at. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/** The JSON value of a body. @throws Rejected */
export function decodeBody(content: Buffer, properties: MessageProperties, limits: DecodeLimits): unknown {
  return decodeJson(bodyBytes(content, properties, limits), limits);
}

/** The JSON text of a body, as bytes. @throws Rejected */
export function bodyBytes(content: Buffer, properties: MessageProperties, limits: DecodeLimits): Buffer {
  refuseContentType(properties);
  const { maxBodyBytes } = limits;
  if (content.length > maxBodyBytes) throw new Rejected('too-large', `${content.length} bytes; at most ${maxBodyBytes} are accepted`);
  const method = properties.headers?.['compression'] ?? undefined;
  return method === undefined ? content : decompress(content, method, maxBodyBytes);
}

function refuseContentType({ contentType, contentEncoding }: MessageProperties): void {
  if (contentType !== 'application/json' && (typeof contentType !== 'string' || !JSON_TYPE.test(contentType))) {
    throw new Rejected('content-disallowed', `content type ${String(contentType)}; only application/json in UTF-8 is accepted`);
  }
  if (contentEncoding !== undefined && contentEncoding !== 'utf-8' && !/^utf-?8$/i.test(contentEncoding)) {
    throw new Rejected('content-disallowed', `content encoding ${contentEncoding}; only utf-8 is accepted`);
  }
}

export interface Body {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Protocol 2: the last of the three; protocol 1: the body itself. */
  readonly embed: Readonly<Record<string, unknown>>;
}

/** Protocol 2: `[args, kwargs, embed]`. @throws Rejected `invalid-body` */
export function bodyOfProtocol2(body: unknown): Body {
  if (!Array.isArray(body) || body.length !== 3) throw new Rejected('invalid-body', 'the body is not [args, kwargs, embed]');
  const embed: unknown = body[2];
  if (embed !== null && !isObject(embed)) throw new Rejected('invalid-body', 'embed is not an object');
  return checkedBody(body[0], body[1], embed ?? {});
}

/** Protocol 1: one object; both kinds of arguments may be missing. @throws Rejected `invalid-body` */
export function bodyOfProtocol1(body: Readonly<Record<string, unknown>>): Body {
  // That protocol has no chains.
  return checkedBody(body['args'] ?? [], body['kwargs'] ?? {}, { ...body, chain: null });
}

function checkedBody(args: unknown, kwargs: unknown, embed: Body['embed']): Body {
  if (!Array.isArray(args)) throw new Rejected('invalid-body', 'args is not a list');
  if (!isObject(kwargs)) throw new Rejected('invalid-body', 'kwargs is not an object');
  return { args, kwargs, embed };
}
