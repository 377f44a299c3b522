export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when there is no body. */
  readonly body: unknown;
}

/** One request to RabbitMQ's management API; `path` begins with `/api/`. Every answer comes back, whatever its status. */
export async function askApi(root: string, credentials: Credentials, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
  const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const response = await fetch(new URL(path.replace(/^\//, ''), root), {
    method,
    // A kept connection would fail the first request after a restart of the node.
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json', connection: 'close' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
