import { httpRequest } from '../../workers/management/http';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when there is no body. */
  readonly body: unknown;
}

/** One request to RabbitMQ's management API; `path` begins with `/api/`. Every answer comes back, whatever its status. `tlsCa`: whom to trust. */
export async function askApi(
  root: string,
  credentials: Credentials,
  method: string,
  path: string,
  body?: unknown,
  tlsCa = 'system',
): Promise<ApiAnswer> {
  const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const { status, text } = await httpRequest(new URL(path.replace(/^\//, ''), root), {
    method,
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    timeoutMs: 10_000,
    tlsCa,
  });
  return { status, body: text === '' ? undefined : parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
