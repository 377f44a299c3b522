import type { Logger } from 'pino';
import { SECRETS_ENVIRONMENT } from './environment';
import { errorMessage } from './error-message';
import { accessFrom, ask, type KubernetesAccess, messageIn } from './kubernetes/api';
import { createLog } from './observe/log';
import { decodeSecrets, freshSecret, type SecretDeclaration } from './secrets/secret';

/** Where Kubernetes mounts a pod's token by itself. */
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Creates the Secrets that do not exist yet, with random values. It only ever creates: one that exists is left as it is, and the pod's
 * account may neither read nor change any.
 * @returns names of those that were created
 * @throws Error when the API refuses one
 */
export async function createSecrets(access: KubernetesAccess, declared: readonly SecretDeclaration[], log: Logger): Promise<string[]> {
  const created: string[] = [];
  for (const declaration of declared) {
    const path = `/api/v1/namespaces/${access.namespace}/secrets`;
    const { status, text } = await ask(access, 'POST', path, 'application/json', freshSecret(declaration, access.namespace));
    const exists = status === 409;
    if (status !== 201 && !exists) throw new Error(`Secret ${declaration.name}: ${status} ${messageIn(text)}`);
    log.info({ secret: declaration.name }, exists ? 'exists, left as it is' : 'created');
    if (!exists) created.push(declaration.name);
  }
  return created;
}

/** The command of the worker image; exit code 1 makes the Job try again. */
export async function secretsMain(): Promise<void> {
  const log = createLog('secrets');
  try {
    const access = await accessFrom(SERVICE_ACCOUNT_FOLDER);
    await createSecrets(access, decodeSecrets(process.env[SECRETS_ENVIRONMENT.secrets] ?? '{}'), log);
  } catch (error) {
    log.error({ error: errorMessage(error) }, 'not all Secrets could be created');
    process.exitCode = 1;
  }
}
