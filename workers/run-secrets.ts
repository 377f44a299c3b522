import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { SECRETS_ENVIRONMENT } from './environment';
import { errorMessage } from './error-message';
import { createLog } from './observe/log';
import { decodeSecrets, freshSecret, type SecretDeclaration } from './secrets/secret';

/** How a pod reaches the Kubernetes API (Kubernetes documentation, accessing the API from a pod). */
export interface KubernetesAccess {
  /** Root of the API, for example `https://kubernetes.default.svc`. */
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Creates the Secrets that do not exist yet, with random values. It only ever creates: one that exists is left as it is, and the pod's
 * account may neither read nor change any.
 * @returns names of those that were created
 * @throws Error when the API refuses one
 */
export async function createSecrets(access: KubernetesAccess, declared: readonly SecretDeclaration[], log: Logger): Promise<string[]> {
  const created: string[] = [];
  for (const declaration of declared) {
    const response = await fetch(new URL(`/api/v1/namespaces/${access.namespace}/secrets`, access.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(freshSecret(declaration, access.namespace)),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const exists = response.status === 409;
    if (!response.ok && !exists) throw new Error(`Secret ${declaration.name}: ${response.status} ${messageIn(text)}`);
    log.info({ secret: declaration.name }, exists ? 'exists, left as it is' : 'created');
    if (!exists) created.push(declaration.name);
  }
  return created;
}

/** The command of the worker image; exit code 1 makes the Job try again. */
export async function secretsMain(): Promise<void> {
  const log = createLog('secrets');
  try {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    const [token, namespace] = await Promise.all(['token', 'namespace'].map((file) => readFile(join(folder, file), 'utf8')));
    const access = { url: 'https://kubernetes.default.svc', token: token ?? '', namespace: namespace ?? '' };
    await createSecrets(access, decodeSecrets(process.env[SECRETS_ENVIRONMENT.secrets] ?? '{}'), log);
  } catch (error) {
    log.error({ error: errorMessage(error) }, 'not all Secrets could be created');
    process.exitCode = 1;
  }
}

/** The API answers with a Status object. */
function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message);
  } catch {
    return text.slice(0, 300);
  }
}
