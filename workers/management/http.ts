import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { tlsOptions } from '../broker/tls';

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** For `https`: PEM file with the authorities that vouch for the server, or `'system'`. */
  readonly tlsCa: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * One request and its whole answer. Node's `fetch` cannot be told whom to trust.
 * @throws Error when there is no answer in time
 */
export async function httpRequest(url: URL, { method, headers, body, timeoutMs, tlsCa }: HttpRequest): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  // A kept connection that the other side has just closed would fail the next request.
  const options = { method, headers: { ...headers, connection: 'close' }, signal };
  const request: ClientRequest =
    url.protocol === 'https:' ? tlsRequest(url, { ...options, ...(await tlsOptions(tlsCa)) }) : plainRequest(url, options);
  // An error after the head of the answer reaches the body, too; here it would end the process.
  request.on('error', () => undefined);
  request.end(body);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, text: await text(response) };
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error }) : error;
  }
}
