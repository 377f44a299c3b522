import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';

/** How a pod reaches the Kubernetes API (Kubernetes documentation, accessing the API from a pod). */
export interface KubernetesAccess {
  /** Root of the API, for example `https://kubernetes.default.svc`. */
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
  /** Certificate authority of the API, PEM. @default - the system's */
  readonly ca?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

export const KUBERNETES_URL = 'https://kubernetes.default.svc';
const TIMEOUT_MS = 10_000;

/** Access from the files of a mounted service account: `token`, `namespace`, `ca.crt`. Read anew each time: tokens are replaced hourly. */
export async function accessFrom(folder: string, url = KUBERNETES_URL): Promise<KubernetesAccess> {
  const [token = '', namespace = '', ca = ''] = await Promise.all(
    ['token', 'namespace', 'ca.crt'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  return { url, token: token.trim(), namespace: namespace.trim(), ca };
}

/** One request. Every answer comes back, whatever its status. @throws Error when none comes in time */
export function ask(access: KubernetesAccess, method: string, path: string, contentType: string, body: object): Promise<ApiAnswer> {
  const url = new URL(path, access.url);
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const headers = { authorization: `Bearer ${access.token}`, 'content-type': contentType, connection: 'close' };
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(access.ca && { ca: access.ca }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

/** What the API says, out of the Status object it answers with. */
export function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message);
  } catch {
    return text.slice(0, 300);
  }
}
