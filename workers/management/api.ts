import type { Credentials } from '../broker/credentials';
import { SYSTEM_TRUST } from '../broker/tls';
import { errorMessage } from '../error-message';
import { type HttpAnswer, httpRequest } from './http';

/** The management API said no, or nothing. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError';

  constructor(
    readonly method: string,
    readonly path: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    reason: string,
  ) {
    super(`${method} ${path}: ${status === 0 ? 'no answer' : status}: ${reason}`);
  }
}

const TIMEOUT_MS = 10_000;

/** RabbitMQ's management HTTP API as one user. */
export class ManagementApi {
  constructor(
    /** Root of the management listener, with a trailing slash. */
    private readonly url: string,
    private readonly credentials: Credentials,
    /** For `https`: PEM file with the authorities that vouch for the broker, or `'system'`. */
    private readonly tlsCa: string = SYSTEM_TRUST,
  ) {}

  /** @throws ManagementError */
  get<T>(...path: readonly string[]): Promise<T> {
    return this.ask('GET', path) as Promise<T>;
  }

  /**
   * Messages in each queue of a virtual host. Not from the statistics, which are seconds old, but from the queues (RabbitMQ documentation,
   * management, `enable_queue_totals`).
   * @throws ManagementError
   */
  queueTotals(vhost: string): Promise<readonly { readonly name: string; readonly messages?: number }[]> {
    const query = '?disable_stats=true&enable_queue_totals=true';
    return this.ask('GET', ['queues', vhost], undefined, query) as Promise<readonly { name: string; messages?: number }[]>;
  }

  /** @throws ManagementError */
  async put(path: readonly string[], body: unknown): Promise<void> {
    await this.ask('PUT', path, body);
  }

  /** @throws ManagementError */
  async post(path: readonly string[], body: unknown = {}): Promise<void> {
    await this.ask('POST', path, body);
  }

  private async ask(method: string, steps: readonly string[], body?: unknown, query = ''): Promise<unknown> {
    const path = `api/${steps.map(encodeURIComponent).join('/')}${query}`;
    const { username, password } = this.credentials;
    const headers = {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    let answer: HttpAnswer;
    try {
      answer = await httpRequest(new URL(path, this.url), {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        timeoutMs: TIMEOUT_MS,
        tlsCa: this.tlsCa,
      });
    } catch (error) {
      throw new ManagementError(method, path, 0, errorMessage(error));
    }
    const { status, text } = answer;
    if (status < 200 || status > 299) throw new ManagementError(method, path, status, reasonIn(text));
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
}

/** RabbitMQ answers `{"error": ..., "reason": ...}`. */
function reasonIn(text: string): string {
  try {
    const { reason } = JSON.parse(text) as { reason?: unknown };
    if (typeof reason === 'string') return reason;
  } catch {
    // Not from RabbitMQ but from something in between.
  }
  return text.slice(0, 500);
}
